// Makes origin/<target branch> known here, however the job is set up; where this agent may not fetch, the job's refspec serves.
def call() {
    sh 'git fetch --quiet --no-tags origin "+refs/heads/$CHANGE_TARGET:refs/remotes/origin/$CHANGE_TARGET" || git rev-parse --quiet --verify "refs/remotes/origin/$CHANGE_TARGET^{commit}"'
}

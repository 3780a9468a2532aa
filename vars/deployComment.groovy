// Comments what deployPreview left: on an agent of its own, with the target branch's code. Not meant to be called.
def call(Map o) {
    catchError(message: 'the preview was not commented') { // the build says what went wrong before it, if anything did
        node(o.comment) {
            timeout(time: o.minutes, unit: 'MINUTES') {
                deleteDir()
                dir('target') {
                    checkout scm
                    deployTarget()
                    sh "git checkout --quiet --force --detach \"refs/remotes/origin/\$CHANGE_TARGET\" && ${o.setUp}"
                }
                unstash 'deploy-preview'
                dir('target') {
                    sh "[ ! -e ../.deploy/out/preview.md ] || ${o.deploy} comment ../.deploy/out/preview.md"
                }
            }
        }
    }
}

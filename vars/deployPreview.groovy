// Previews what a pull request changes and comments on it, or the stacks that are named: deployPreview(). The help is beside it.
def call(Map given = [:]) {
    if (env.CHANGE_FORK) {
        echo 'This pull request comes from a fork: nothing that has credentials runs it.'
        return
    }
    if (!given.stacks && !env.CHANGE_TARGET) {
        error "deployPreview: which stacks? Outside of a pull request say deployPreview(stacks: 'dev,staging')"
    }
    def hosted = env.CHANGE_ID && (env.GITHUB_REPOSITORY || env.CI_PROJECT_ID)
    def defaults = [label: 'deploy-preview', stacks: '', base: "origin/${env.CHANGE_TARGET}", comment: hosted ? 'deploy-comment' : '']
    def left = null
    try {
        deployRun(given, defaults) { o ->
            if (!o.stacks && !given.base) {
                deployTarget()
            }
            def chosen = o.stacks ? '--stacks "$DEPLOY_STACKS"' : '--affected --base "$DEPLOY_BASE"'
            try {
                sh "${o.deploy} preview ${chosen} --output markdown --file \$OUT/preview.md --junit \$OUT/preview.xml"
            } finally {
                stash name: 'deploy-preview', includes: '.deploy/out/preview.md', allowEmpty: true
                left = o
            }
        }
    } finally {
        if (left?.comment) {
            deployComment(left)
        }
    }
}

// Previews what a pull request changes, or the stacks that are named: deployPreview(). The help is beside it.
def call(Map given = [:]) {
    if (env.CHANGE_FORK) {
        echo 'This pull request comes from a fork: nothing that has credentials runs it.'
        return
    }
    if (!given.stacks && !env.CHANGE_TARGET) {
        error "deployPreview: which stacks? Outside of a pull request say deployPreview(stacks: 'dev,staging')"
    }
    deployRun(given, [label: 'deploy-preview', stacks: '', base: "origin/${env.CHANGE_TARGET}"]) { o ->
        def chosen = o.stacks ? '--stacks "$DEPLOY_STACKS"' : '--affected --base "$DEPLOY_BASE"'
        "${o.deploy} preview ${chosen} --output markdown --file \$OUT/preview.md --junit \$OUT/preview.xml"
    }
}

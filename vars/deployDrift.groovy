// Looks for what was changed by hand: deployDrift(), or deployDrift(stacks: 'prod'). The help is beside it.
def call(Map given = [:]) {
    deployRun(given, [label: 'deploy-preview', stacks: '']) { o ->
        def chosen = o.stacks ? '--stacks "$DEPLOY_STACKS"' : '--all'
        "${o.deploy} drift ${chosen} --exit-code"
    }
}

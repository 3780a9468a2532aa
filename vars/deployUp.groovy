// Deploys stacks: deployUp(stacks: 'dev,staging'). The help is beside it.
def call(Map given = [:]) {
    if (!given.stacks) {
        error "deployUp: which stacks? For example deployUp(stacks: 'dev,staging')"
    }
    deployRun(given, [label: 'deploy', stacks: '']) { o ->
        sh "${o.deploy} up --stacks \"\$DEPLOY_STACKS\" --yes --junit \$OUT/up.xml"
    }
}

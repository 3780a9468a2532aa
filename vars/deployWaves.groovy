// Deploys many accounts: wave after wave, every stack of a wave on an agent of its own: deployWaves(). The help is beside it.
def call(Map given = [:]) {
    def defaults = [label: 'deploy', stacks: '']
    def listed = ''
    deployRun(given, defaults) { o ->
        def chosen = o.stacks ? '--stacks "$DEPLOY_STACKS" ' : ''
        listed = sh(label: 'Waves', returnStdout: true, script: "${o.deploy} list ${chosen}--waves --names")
    }
    for (wave in listed.tokenize('\n')) {
        def branches = [:]
        for (each in wave.tokenize()) {
            def name = each
            branches[name] = {
                deployRun(given + [stacks: name], defaults) { o ->
                    sh "${o.deploy} up --stacks \"\$DEPLOY_STACKS\" --yes --junit \"\$OUT/\$DEPLOY_STACKS.xml\""
                }
            }
        }
        parallel branches
    }
}

// Deploys many accounts: wave after wave, every stack of a wave on an agent of its own: deployWaves(). The help is beside it.
def call(Map given = [:]) {
    def defaults = [label: 'deploy', stacks: '']
    def listed = ''
    def whole = ''
    deployRun(given, defaults) { o ->
        def chosen = o.stacks ? '--stacks "$DEPLOY_STACKS" ' : ''
        listed = sh(label: 'Waves', returnStdout: true, script: "${o.deploy} list ${chosen}--waves --names")
        whole = sh(label: 'Id', returnStdout: true, script: 'echo "$(date -u +%Y%m%d-%H%M)-$(od -An -N3 -tx1 /dev/urandom | tr -d " ")"').trim()
    }
    withEnv(["DEPLOY_PART_OF=${whole}"]) { // joins the records of all agents
        try {
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
        } finally { // the build is what became of the stacks, whatever becomes of their report
            catchError(message: 'there is no report of all agents together', buildResult: 'SUCCESS', stageResult: 'UNSTABLE') {
                deployRun(given, defaults) { o ->
                    sh label: 'Report of all', script: "${o.deploy} report \"\$DEPLOY_PART_OF\" --format html --file \"\$OUT/\$DEPLOY_PART_OF.html\""
                }
            }
        }
    }
}

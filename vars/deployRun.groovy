// What deployUp, deployWaves, deployPreview and deployDrift have in common: an agent, one command, and what it leaves behind.
def call(Map given, Map defaults, Closure run) {
    def known = defaults + [setUp: 'make setup', deploy: '.venv/bin/deploy', minutes: 60, reason: '']
    def unknown = given.keySet() - known.keySet()
    if (unknown) {
        error "unknown: ${unknown.join(', ')}; there are ${known.keySet().sort().join(', ')}"
    }
    def o = known + given
    node(o.label) {
        timeout(time: o.minutes, unit: 'MINUTES') {
            checkout scm
            withEnv(["DEPLOY_STACKS=${literal(o.stacks)}", "DEPLOY_BASE=${literal(o.base)}", "DEPLOY_REASON=${literal(o.reason)}", 'OUT=.deploy/out']) {
                try {
                    sh "rm -rf .deploy/out .deploy/runs && mkdir -p .deploy/out && ${o.setUp}"
                    run(o)
                } finally {
                    sh label: 'Page of the run', returnStatus: true, script: "for run in \$(ls .deploy/runs); do ${o.deploy} report \"\$run\" --format html --file \"\$OUT/\$run.html\"; done"
                    junit testResults: '.deploy/out/*.xml', allowEmptyResults: true
                    archiveArtifacts artifacts: '.deploy/out/**, .deploy/runs/*/events.jsonl', allowEmptyArchive: true
                }
            }
        }
    }
}

// Jenkins expands $NAME in what withEnv is given, and makes $ of $$ (hudson.Util.replaceMacro).
def literal(value) {
    (value ?: '').toString().replace('$', '$$')
}

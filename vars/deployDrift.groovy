// Looks for what was changed by hand: deployDrift(), or deployDrift(stacks: 'prod'). The help is beside it.
def call(Map given = [:]) {
    deployRun(given, [label: 'deploy-drift', stacks: '']) { o ->
        def chosen = o.stacks ? '--stacks "$DEPLOY_STACKS"' : '--all'
        try {
            sh "${o.deploy} drift ${chosen} --ledger \"\${DEPLOY_DRIFT_LEDGER:-\$HOME/.local/state/deploy/\$JOB_NAME/drift.json}\" --reports \$OUT"
        } finally { // the build is what the look says, whatever becomes of the page
            catchError(message: 'there is no page of all accounts', buildResult: 'SUCCESS', stageResult: 'UNSTABLE') {
                sh label: 'All accounts', script: "${o.deploy} report --all --format html --file \$OUT/accounts.html && ${o.deploy} report --all --format json --file \$OUT/accounts.json"
            }
        }
    }
}

// Looks for what was changed by hand: deployDrift(), or deployDrift(stacks: 'prod'). The help is beside it.
def call(Map given = [:]) {
    deployRun(given, [label: 'deploy-drift', stacks: '']) { o ->
        def chosen = o.stacks ? '--stacks "$DEPLOY_STACKS"' : '--all'
        sh "${o.deploy} drift ${chosen} --ledger \"\${DEPLOY_DRIFT_LEDGER:-\$HOME/.local/state/deploy/\$JOB_NAME/drift.json}\" --reports \$OUT"
    }
}

"""Every remedy of `deploy`, by name: what is said beneath `what to do`.

A test carries out each of them in a situation that says it.

In backquotes stands what is typed, and nothing else does. {facts} are filled in where it is said.
"""

from __future__ import annotations

from deploy_project.remedy import Remedy

# adapters

RESTORE_ACCESS_STATE = Remedy("find out who changed it, and put an earlier version of {file} back in {bucket}")
BOOTSTRAP_MEETS_BOOTSTRAP = Remedy("somebody else moves it too: run `deploy bootstrap` again")
BOOTSTRAP_AFTER_RUN = Remedy("wait for that run to end, and run `deploy bootstrap` again")
BECOME_APPROVER = Remedy(
    "approve as a session of the role that deploy:approverRole names; `deploy bootstrap` lets that role approve"
)
SIGN_IN_AS_APPROVER = Remedy("sign in as that role, for example with `aws sso login` and AWS_PROFILE")
CORRECT_SDK_SETTINGS = Remedy("correct AWS_CA_BUNDLE, or what AWS_CONFIG_FILE and ~/.aws/config say")
CORRECT_CREDENTIALS = Remedy(
    "correct that, or unset {name}; an agent with the Jenkins instance profile needs none of it"
)
BRING_TOKEN = Remedy(
    "let that file hold a token that is not over, of the issuer, for the audience and with a subject that Pulumi.tools.yaml says, and "
    "AWS_ROLE_ARN the role of that subject; `deploy doctor --as-administrator` looks whether AWS knows the issuer"
)
HAVE_CREDENTIALS = Remedy(
    "run on an agent with the Jenkins instance profile; in the sandbox, `deploy bootstrap` makes it"
)
CHECK_ENDPOINT = Remedy("check the endpoint, the region and the network")
NAME_SAVED_FOLDER = Remedy("name the folder that was given to --save")
NAME_COMMAND = Remedy("install it, or give its path")
PROGRAM_FOR_THIS_MACHINE = Remedy("is it a program for this machine?")
OTHER_LEDGER = Remedy("pass another --ledger FILE")

# adapters/engine

CORRECT_OR_WAIT_LONGER = Remedy("Correct what it waits for, or raise `timeout` under [program] in deploy.toml.")
MAKE_STATE_BUCKET = Remedy("Correct deploy:stateBucket, or let an administrator make it with `deploy bootstrap`.")
MAKE_STATE_KEY = Remedy("Correct deploy:stateKey, or let an administrator make it with `deploy bootstrap`.")
AWS_PROVIDER_ONLY = Remedy(
    "Run `deploy setup`, and let the program use the AWS provider only, whose plugin it obtains."
)
PROVIDER_OF_STACK = Remedy(
    "Call `here = this_stack(__file__)` (from deploy_infra.service import this_stack) before the first resource: "
    "it gives each its stack's provider. A data source has to be given it: "
    "opts=pulumi.InvokeOptions(provider=here.provider)"
)
FREE_SPACE = Remedy("Free some space; then `deploy resume` finishes what was begun.")
RUN_AGAIN_WITH_NEW_SESSION = Remedy(
    "Run it again: it gets a new session of the role, and what was done so far is in the state."
)
OTHER_BUCKET_NAME = Remedy("Give it another name: names of buckets are worldwide, and this one is another account's.")
ADOPT_OR_RENAME = Remedy(
    "`deploy repair --stack {stack}` looks whether it is this stack's, which the state has lost, and adopts it "
    "then. If it is not, delete it where nobody needs it, or give yours another name."
)
REFRESH_STATE = Remedy(
    "Run `deploy up --stacks {stack} --refresh` (for an access layer, `deploy bootstrap`): the state has "
    "something that is no longer in the account."
)
CALLS_TOO_FAST = Remedy("Run it again in a few minutes: AWS takes no more calls of this account at the moment.")
RUN_AGAIN_AFTER_OTHER_CHANGE = Remedy("Run it again when the other change of the same thing has ended.")
CHECK_NETWORK_TO_AWS = Remedy("Check the network from here to AWS; in the sandbox, `deploy sandbox status`.")
SERVICE_FAILS = Remedy("Run it again in a few minutes; the AWS Health Dashboard says whether the service is well.")
THEN_RESUME = Remedy("{first}; then `deploy resume` puts what was made since into the state, and finishes.")
RESUME_KILLED = Remedy(
    "`deploy resume` removes the lock that has stayed behind, looks up what nobody knows the outcome of, and finishes."
)
EARLIER_STATE = Remedy("find out who changed it, and put an earlier version of it back")
MAKE_ROOM_AND_RESUME = Remedy("make room, or the folder writable; then `deploy resume`")
NAME_PROGRAM = Remedy("Let `main` name the folder that holds the program's `__main__.py`.")

# adapters

POLICIES_OR_OTHER_BUCKET = Remedy(
    "run `deploy bootstrap`, which puts the policies of the roles in place; if the bucket is another account's, give yours "
    "another name: names of buckets are worldwide"
)
OTHER_STATE_BUCKET = Remedy(
    "let deploy:stateBucket or deploy:accessStateBucket name another: this name is somebody else's"
)
OTHER_PLAN_KEY = Remedy("let deploy:planKey in Pulumi.tools.yaml name an alias of its own")
POLICIES_OF_ROLES = Remedy("run `deploy bootstrap`: it puts the policies of the roles in place")
DELETE_FUNCTION = Remedy(
    "delete the function {name}, then run `deploy up --stacks {stack} --refresh`, which makes it again"
)
WITHOUT_GIT = Remedy("name the stacks with --stacks")
TRUST_FOLDER = Remedy("if it is yours: `git config --global --add safe.directory {folder}`")
FETCH_HISTORY = Remedy(
    "fetch the history (`git fetch --unshallow`; Jenkins: no shallow clone; GitHub Actions: fetch-depth: 0; "
    "GitLab CI: GIT_DEPTH: 0)"
)
OTHER_BASE = Remedy("name another base, or name the stacks with --stacks")
PASS_BASE = Remedy("pass --base {base}")
FETCH_BASE = Remedy("fetch it first, for example `git fetch origin main`, and pass --base FETCH_HEAD")
FETCH_SUBMODULES = Remedy(
    "check out the commit that is wanted, run `git submodule update --init --recursive`, and check out again what was there"
)
INSTALL_GIT = Remedy("install it, or name the stacks with --stacks")

# adapters/hosts

ADDRESS_OF_HOST = Remedy("is this the address of the host's API?")
HOST_IS_BUSY = Remedy("the host is busy: try again {when}")
TRUST_CERTIFICATES = Remedy("let SSL_CERT_FILE name a file with the certificates that this machine trusts")
REACH_HOST = Remedy("is the address right, and may this machine reach it?")
GITHUB_TOKEN_INVALID = Remedy(
    "GITHUB_TOKEN is not valid: it may have expired or been revoked, or belong to another host"
)
GITHUB_TOKEN_RIGHTS = Remedy(
    "GITHUB_TOKEN may not comment here: a fine-grained token or an app needs `Pull requests: write`, a workflow "
    "`permissions: pull-requests: write`; a workflow of a fork's pull request never gets it"
)
GITHUB_NOT_FOUND = Remedy(
    "is there such a pull request, and may GITHUB_TOKEN see the repository? GITHUB_REPOSITORY and the number say which"
)
GITHUB_MOVED = Remedy("the repository was renamed or moved: correct GITHUB_REPOSITORY")
GITHUB_ADDRESS = Remedy("is GITHUB_API_URL the address of GitHub's API?")
GITLAB_TOKEN_INVALID = Remedy(
    "GITLAB_TOKEN is not valid: it may have expired or been revoked, or belong to another host. A job's own "
    "CI_JOB_TOKEN may not comment: make a project access token"
)
GITLAB_TOKEN_RIGHTS = Remedy(
    "GITLAB_TOKEN may not comment here: it needs the scope `api` and a role that may comment on merge requests"
)
GITLAB_NOT_FOUND = Remedy(
    "is there such a merge request, and may GITLAB_TOKEN see the project? CI_PROJECT_ID and the number say which"
)
GITLAB_MOVED = Remedy("the host has another address: correct CI_API_V4_URL")
GITLAB_ADDRESS = Remedy("is CI_API_V4_URL the address of GitLab's API?")

# adapters

ENTER_ROLE = Remedy(
    "run this as who may enter that role: Jenkins' deploy role deploys and audits, its preview role looks, an "
    "administrator enters access layers; or compare the role's trust policy with what we present: our role, the "
    "ExternalId, the session name and the source identity; `deploy bootstrap` puts the policy back"
)
SET_CLOCK_OR_CREDENTIALS = Remedy(
    "if AWS speaks of the time, set this machine's clock (`timedatectl set-ntp true`); otherwise get new credentials"
)
NEW_CREDENTIALS = Remedy("the machine's own credentials have expired; get new ones and run again")
MAKE_SANDBOX_ACCOUNTS = Remedy(
    "run `deploy sandbox up`: it makes the accounts that the stack files name, and keeps the others as they are"
)
LONGER_SESSIONS = Remedy("`deploy bootstrap` makes the role's MaxSessionDuration what deploy:sessionDuration says")
GRANT_LEASES = Remedy("run `deploy bootstrap --stacks tools`: it lets Jenkins' roles hold the leases of services")
MAKE_STATE_FOUNDATION = Remedy("`deploy bootstrap` makes the state bucket and its key")
OTHER_DIRECTORY = Remedy("move away what is there, or name another folder with --directory; nothing was written")
SIGN_AS_JENKINS = Remedy(
    "only Jenkins' deploy role signs plans: run it on an agent that deploys; `deploy bootstrap` grants it, and "
    "prints what an approver's role needs to verify them"
)
SAY_THE_SAME_PLATFORM = Remedy(
    "say the same in Pulumi.tools.yaml, or change it in the project {maker} and bootstrap there"
)
RESTORE_PLATFORM = Remedy(
    "find out who changed it; as an administrator of the tools account, list what it was before with "
    "`aws s3api list-object-versions --bucket {bucket} --prefix {key}`, and put the newest good version back with "
    "`aws s3api copy-object --bucket {bucket} --key {key} --copy-source {bucket}/{key}?versionId=VERSION`"
)
BOOTSTRAPPED_MEANWHILE = Remedy("somebody else has bootstrapped at the same moment: run the same command again")
INSTALL_SMOKE_COMMAND = Remedy("install it, or give its path in the project in `smoke.command` in deploy.toml")
GRANT_RECORDS = Remedy(
    "run `deploy bootstrap --stacks tools`: it lets Jenkins' deploy role add records, and both roles read them"
)
COMPARE_RECORDS = Remedy(
    "`deploy history --verify {run}` compares the two; the same command again is a run of its own, with another id"
)
GRANT_STATES = Remedy(
    "`deploy bootstrap` grants Jenkins' roles the states of services; those of access layers are for administrators"
)
GRANT_KEY = Remedy(
    "`deploy bootstrap` grants Jenkins' roles the key of services; that of access layers is for administrators"
)
MOVE_STATES = Remedy("run `deploy bootstrap`: it moves them")
DELETE_STRANGE_STATE = Remedy("find out who put it there, and delete it from the bucket {bucket}")
RESTORE_META = Remedy("find out who changed it, and let an administrator put `version: 1` back into that file")
GRANT_TRAIL = Remedy("`deploy bootstrap` gives the preview roles and Jenkins' deploy role the right to read the record")
TRAIL_ASKED_TOO_OFTEN = Remedy("CloudTrail answers two look-ups a second; wait a little, or pass --source delivered")

# app

PASS_ONE = Remedy("pass one of them")
PASS_SOME_BASE = Remedy("pass --base origin/main, or whatever the change goes into")
UNKNOWN_CHANGES = Remedy("nobody can say whether it changed: name the stacks with --stacks")
NAME_APPROVER_ROLE = Remedy("let deploy:approverRole in Pulumi.tools.yaml name a role")
OTHER_APPROVER = Remedy("have somebody else approve the plan, or let author-may-approve = true in deploy.toml")
READ_THEN_YES = Remedy("read the plan, then pass --yes")
OTHER_RUN = Remedy("name another one with --to RUN; `deploy history` lists the runs")
WORK_IN_CLONE = Remedy("clone the project's repository, and type this there")
FETCH_COMMIT = Remedy(
    "fetch it and type this again: `git fetch origin {commit}`; a shallow clone: `git fetch --unshallow`"
)
FETCH_ARTEFACT = Remedy("fetch it from that build, and put it there")
COPY_ARTEFACT = Remedy("copy it into {root} first")
LATER_RUN = Remedy("go back to a later run with --to RUN")
RUN_ID = Remedy(
    "give the id that the run said when it began, such as 20261123-0102-3f9a7c; `deploy history` lists them"
)
PASS_CLOUD = Remedy("pass --cloud {cloud}")
RUNS_OF_FOLDER = Remedy("`deploy history` lists the runs; one of the last 15 minutes may need --wait 900")
NAME_ACCESS_LAYERS = Remedy("name tools, dev-access, …; or none for all of them")
READ_BOOTSTRAP = Remedy("read `deploy bootstrap --print`, then run it at a terminal, or pass --yes")
NAME_PREVIEW_FILE = Remedy(
    "name the file into which the output of `deploy preview --all --output markdown` was written"
)
POST_PREVIEW = Remedy(
    "post what `deploy preview --all --output markdown` wrote; its first line is <!-- deploy:preview … -->"
)
POST_PREVIEW_THAT_FITS = Remedy("post what `deploy preview --all --output markdown` wrote: it folds until it fits")
OTHER_VALUE = Remedy("pass a value that is expected there")
SET_IN_STACK_FILE = Remedy(
    "edit Pulumi.<env>.yaml of the account, or run `deploy config set {key} VALUE --stack STACK`"
)
GIVE_ONCE = Remedy("give it once")
ENCODE = Remedy("encode it, for example with base64")
PASS_STACK = Remedy("pass --stack {stack}")
SAY_REASON = Remedy('add --reason "WHY IT CANNOT WAIT", or set DEPLOY_REASON')
NAME_STACKS = Remedy("pass --stacks {there}, or --all")
SERVICES_ALONE = Remedy("name service stacks alone; an access layer is an administrator's (`deploy bootstrap`)")
ONE_LAYER_EACH = Remedy(
    "the access layer is an administrator's (`deploy bootstrap`), the service layer is Jenkins': one command each"
)
DESTROY_OTHERS_FIRST = Remedy("destroy the access layers of the other projects first, or leave tools out of --stacks")
CONFIRM = Remedy("if that is meant, add --confirm {name}")
CORRECT_OR_LEAVE_OUT = Remedy("correct that first, or name the other stacks with --stacks")
ALLOW_DELETE_OF_FIX = Remedy("if that is meant, name each with --allow-delete URN")
AS_LAST_DEPLOYED = Remedy(
    "check out the commit that was last deployed, with nothing changed; or deploy with `deploy up --stacks "
    "{stacks} --refresh`"
)
WITHOUT_READ_ONLY = Remedy("leave --read-only out; `deploy preview --stacks {stack}` looks under the preview role")
READ_STATE_BUCKET = Remedy("get credentials that may read the state bucket; `deploy doctor` says what is in the way")
TWO_SERVICES = Remedy("name two of {stacks}")
REACH_COLLECTOR = Remedy(
    "let OTEL_EXPORTER_OTLP_ENDPOINT name a collector that takes OTLP over gRPC, such as http://127.0.0.1:4317"
)
CORRECT_NOTIFY = Remedy("set DEPLOY_NOTIFY to `all` to be told of runs that went well too, or unset it")
CORRECT_NOTIFY_URLS = Remedy(
    "see whether that service is reached from here, and whether DEPLOY_NOTIFY_URLS has its URL as Apprise writes it, such as "
    "slack://TOKEN or json://HOST:PORT/PATH"
)
INSTALL_APPRISE = Remedy("install deploy with its extra: `pip install 'deploy-accounts[notify]'`")
RUN_OR_ALL = Remedy("`deploy report latest` shows the newest run, `deploy report --all` all accounts")
NEW_WHOLE = Remedy(
    'make one for each: `DEPLOY_PART_OF="$(date -u +%Y%m%d-%H%M)-$(od -An -N3 -tx1 /dev/urandom | tr -d " ")"`'
)
NAME_PART = Remedy("name one of its runs: {parts}")
MORE_OF_ID = Remedy("give more of the id")
CLOSEST_RUNS = Remedy("{said}; `deploy history` shows more")
TYPE_INIT = Remedy("type it like this: `{example}`")
CORRECT_LINES = Remedy("correct the lines above; nothing was started")
ONLY_CASES = Remedy("for example --only 'trust.*@dev', or leave it out")
DEPLOY_STACK = Remedy("`deploy up --stacks {stack}` deploys it")
ADOPT_OR_DROP = Remedy(
    "look in {account}, then say it with --adopt URN=ID for what is there, --drop URN for what is not"
)
OTHER_NAME_OR_TAGS = Remedy(
    "give it another name in the program; or give it these tags if it is this stack's, and run it again"
)
CONFIRM_BEFOREHAND = Remedy("pass --yes to confirm beforehand")
BOOTSTRAP_GOES_ON = Remedy("`deploy bootstrap --stacks {stacks}` goes on from what is there")
DRIFT_GOES_ON = Remedy("`deploy drift --fix --stacks {stacks}` looks anew, and goes on from what is there")
REPAIR_GOES_ON = Remedy("`deploy repair --stack {stacks}` goes on from what is there")
ROLL_BACK_ELSEWHERE = Remedy("`deploy rollback --stack {stack} --to RUN` goes back to another one")
RESUME_NEWEST = Remedy("`deploy resume` without RUN ends the newest run that is left; deploy up begins anew")
WAIT_UNTIL_ENDED = Remedy("wait until it has ended")
REVIEW_WHAT_IS_LEFT = Remedy(
    "have what is left reviewed (`deploy preview --stacks {stacks} --save DIR`); where something is pending, "
    "`deploy repair --stack STACK` before that"
)
SAY_AGAIN = Remedy("say it again: {words}")
PUT_BACK_AND_RESUME = Remedy(
    "put it back and resume; or begin anew with deploy up, which says what to do first where something is pending"
)
PUT_BACK = Remedy("put it back")
PASS_SAVE = Remedy("pass --save DIR")
ACCESS_IS_NOT_SAVED = Remedy(
    "the access layer is an administrator's: `deploy bootstrap --print` shows it, `deploy bootstrap` makes it"
)
SAVED_FROM_DEPLOYED = Remedy("leave --refresh out: a saved plan starts from what was last deployed")
COMMIT_OR_ALLOW_DIRTY_HERE = Remedy("work in a repository, or bind the plan to these very files with --allow-dirty")
COMMIT_OR_ALLOW_DIRTY = Remedy("commit or remove these files, or bind the plan to them as they are with --allow-dirty")
PREVIEW_AGAIN = Remedy("preview again")
AS_IT_WAS_REVIEWED = Remedy("leave it out: a plan is applied as it was reviewed")
STOPS_AT_FAILURE = Remedy("leave it out: a plan is applied as a whole, and stops at the first stack that fails")
PASS_WHEN_SAVING = Remedy("pass it when the plan is saved, beside --save")
HAVE_APPROVED = Remedy("somebody who may become {role} runs `deploy approve {folder}`; the plan's digest is {plan}")
KNOWN_COMMIT = Remedy("apply a plan of a commit that this clone has, or let author-may-approve = true in deploy.toml")
WHOLE_PLAN = Remedy("leave --stacks and --all out: a plan is applied as a whole")
BOOTSTRAP_THAT_COMMIT = Remedy("check out the commit that is wanted, and run `deploy bootstrap` as an administrator")
NAME_RUN = Remedy("name one with --to RUN; `deploy history` lists the runs")
NAME_GOOD_RUN = Remedy("name one in which {stack} succeeded; `deploy history` lists the runs")
START_SANDBOX = Remedy("start it with `deploy sandbox up`, or pass --cloud aws")
MAKE_ROOM = Remedy("make room, or the folder writable, and begin again")
MORE_MEMORY = Remedy(
    "free memory on this machine, or use one with more, and begin again; a run goes on with `deploy resume`"
)
DELETE_UPDATE = Remedy("delete {key} in the bucket {bucket}: it only tells of an update that is over")
COPIES_ARE_LISTED = Remedy("`deploy state list --stack {stack}` names them")

# assurance/adapters

PROVE_AGAIN = Remedy("run `deploy prove` again: it begins by removing it")
MADE_BY_BOOTSTRAP = Remedy("`deploy bootstrap` makes it")

# assurance/findings

CORRECT_LINE = Remedy("correct the line that is named, to what it says is expected")

# assurance/findings/rules

MAKE_ISSUER_KNOWN = Remedy(
    "as an administrator of tools, run `aws iam create-open-id-connect-provider` with deploy:agentIssuer as its URL and "
    "deploy:agentAudience as its client id"
)
LIST_AUDIENCE = Remedy(
    "as an administrator of tools, run `aws iam add-client-id-to-open-id-connect-provider` with deploy:agentAudience as the client id"
)
REMOVE_PERMISSION = Remedy(
    "find AddPermission in the account's trail; `aws lambda remove-permission` with the statement and the alias "
    "or version"
)
DELETE_ROOT_KEY = Remedy(
    "as root of this account: `aws iam list-access-keys` names it, `aws iam delete-access-key --access-key-id KEY` deletes it"
)
ROLE_INSTEAD_OF_KEY = Remedy(
    "let its user take a role instead, deactivate the key, and delete it when nobody misses it"
)
EXTERNAL_ID_EACH = Remedy("give each account an ExternalId of its own; `deploy bootstrap` makes the trust ask for it")
AGAIN_PUTS_BACK = Remedy("`{again}` puts it back")
FIND_IN_TRAIL = Remedy("find who did it in the account's trail; `{again}` puts it back")
BLOCK_AGAIN = Remedy(
    "find who did it in the account's trail; `deploy bootstrap` puts it back; a service's own bucket was blocked "
    "by S3 when it was made, and only an administrator can block it again: `aws s3api put-public-access-block`"
)
TRAIL_STOPPED = Remedy("find StopLogging in the account's event history; `{again}` puts it back")
TRAIL_UPDATED = Remedy("find UpdateTrail in the account's event history; `{again}` puts it back")
RECORD_ALL_EVENTS = Remedy(
    "find PutEventSelectors in the account's trail; `aws cloudtrail put-event-selectors` with all management events"
)
MOVE_ACCESS_STATE = Remedy(
    "`deploy bootstrap` moves it, once; what lies there afterwards is never read: find out who put it there, and delete it"
)
AGAIN_AS_PROGRAM_SAYS = Remedy("`{again}` puts back what the program says")
ROLE_RECREATED = Remedy(
    "find CreateRole in the account's trail; `{again}` puts back what the program says, and records the new id"
)
TRUST_BY_NAME = Remedy(
    "`{again}` puts back what the program says: the account as principal, and the role by aws:PrincipalArn"
)
TRUST_EDITED = Remedy("find UpdateAssumeRolePolicy in the account's trail; `{again}` puts back what the program says")
POLICY_EDITED = Remedy(
    "find PutRolePolicy and AttachRolePolicy in the account's trail; take away what is too much; `{again}` puts "
    "back what the program says"
)
SESSION_TOO_SHORT = Remedy("`{again}` puts back what the program says; or lower deploy:sessionDuration")
BOUNDARY_EDITED = Remedy("find CreatePolicyVersion in the account's trail; `{again}` puts back what the program says")

# assurance/iam

IAM_MISSING = Remedy("allow it in the role's policy, and within the boundary and the session policy")
IAM_SURPLUS = Remedy("take it out of the statement, or add what needs it to the program's table")
IAM_SURPLUS_RESOURCE = Remedy("take the resource out of the statement, or narrow it to what is needed")
IAM_WILDCARD_ACTION = Remedy("name the actions that are needed")
IAM_ANY_RESOURCE = Remedy("name the resources; AWS lets these actions be allowed on single ones")
IAM_REACHES_OTHERS = Remedy("narrow the resource to this stack's own names, or by its tag")
IAM_REACHES_ACCESS_STATE = Remedy(
    "leave the states of access layers to administrators: give them a bucket and a key of their own "
    "(deploy:accessStateBucket, deploy:accessStateKey), and no role here any right to them"
)
IAM_UNCONDITIONED = Remedy("put the condition back")
IAM_TOO_BIG = Remedy("make the document smaller; AWS refuses it")
IAM_READING_ROLE = Remedy("take the action out of the reading role's policy")
IAM_ESCALATION = Remedy("take out one of the actions, or narrow what they can be done to")

# bundle

REVIEW_AGAIN = Remedy("preview again and have that reviewed")
UNDO_OR_REVIEW = Remedy("undo the change, or preview again and have that reviewed")
REVIEWED_VERSION = Remedy("use the reviewed version, or preview again and have that reviewed")
REVIEWED_PROJECT = Remedy("apply the plan in the project that it was saved in")
REVIEWED_CLOUD = Remedy("apply the plan where it was saved")
REVIEWED_COMMIT = Remedy("check out the reviewed commit, or preview again and have that reviewed")
REVIEWED_FILES = Remedy("make these files what they were (`git status`), or preview again and have that reviewed")
REVIEWED_ENGINE = Remedy("use the reviewed engine, or preview again and have that reviewed")
REVIEWED_PLUGIN = Remedy("use the reviewed plugin, or preview again and have that reviewed")
DEPLOYED_SINCE = Remedy("something was deployed since: preview again and have that reviewed")
REVIEWED_STACKS = Remedy("put the reviewed stacks and their order back; or preview again and have that reviewed")
OTHER_DOCUMENT = Remedy("what was read is not what was saved: preview again and have that reviewed")
SAVE_AGAIN = Remedy("save the preview again with this deploy, and have that reviewed")
AS_SAVED = Remedy("take the files as --save wrote them; or preview again and have that reviewed")

# cli

PIPE_SECRET = Remedy("pipe it: `deploy config set {key} --secret --stack {stack} < FILE`")
OTHER_REPORTS = Remedy("pass another --reports DIR")
PASS_VERIFY = Remedy("pass --verify, or see `deploy report {run}`")
FILE_IN_A_FOLDER = Remedy("name a file in a folder that exists")
ROOM_FOR_OUTPUT = Remedy("make room there, or write to a file elsewhere")
OTHER_JUNIT = Remedy("pass another --junit FILE")

# config

NAME_APPROVER_ROLE_OF_TOOLS = Remedy(
    "let deploy:approverRole in {file} name a role of the tools account; then `deploy bootstrap`"
)
SET_VARIABLES = Remedy("set these variables in the build; `deploy comment --help` names those of each host")
PASS_HOST = Remedy("pass --host {hosts}")
INSIDE_A_PROJECT = Remedy("run deploy inside a project, or name one with --project; `deploy init` writes a new one")
COPIED_FOLDER = Remedy(
    "the folder was copied: remove `.venv` there, set the project up again, and run its own .venv/bin/deploy"
)

# plan

STACKS_THERE_ARE = Remedy("there are {stacks}; `deploy list` shows them")

# run

EXPORT_URL = Remedy('export `url` in the program\'s service layer, or say smoke = "none" for the stack in deploy.toml')
EXPORT_VERSION = Remedy(
    "export `version` in the program's service layer, or take `{key}` out of smoke.expect in deploy.toml"
)
SERVICE_LOGS = Remedy("look at the service's logs in {account}; what is expected of it says `smoke` in deploy.toml")
ALARM_WENT_OFF = Remedy(
    "find out why: `deploy rollback --stack {stack}` goes back to what was deployed before; once the alarm is OK again, `deploy resume` "
    "watches {stack} anew and goes on"
)
NAME_ALARM = Remedy(
    "let the program make a metric alarm of that name (a composite alarm is not seen), or correct `alarms` under [[rings]] in deploy.toml, "
    "after which an administrator runs `deploy bootstrap --stacks {stack}-access`; then `deploy up --stacks {stack}`"
)
WAIT_OR_OVERRIDE = Remedy("wait until then; what cannot wait goes on with --override {gate} --reason WHY")
NEEDS_REVIEWED_PLAN = Remedy(
    "save one with `deploy preview --stacks {stack} --save DIR`, have it approved with `deploy approve DIR`, then "
    "`deploy up --plan DIR`"
)
AT_TERMINAL_OR_YES = Remedy("run it at a terminal, or approve beforehand with --yes")
SAME_CODE = Remedy(
    "what was built and is in no commit is said with --artefact PATH; or check out {commit} and deploy it as a "
    "new build with `deploy up --stacks {stack}`"
)
PLAN_WORKS_ONCE = Remedy("a plan works once: preview again and have that reviewed")
WAIT_FOR_RUN = Remedy("wait until it has ended, or let the run wait for it, for example with --lock-timeout 10m")
SEE_OTHER_RUN = Remedy("see what the other run did, then run it again")
WAIT_FOR_LEASE_OF_DEAD = Remedy(
    "that run may be dead, and its lease runs out in {left} min: --lock-timeout {timeout}m waits for that"
)
UNKNOWN_LOCK = Remedy(
    "no known run of `deploy` made the lock: wait until it has gone; if its engine is certainly dead, `deploy "
    "exec --stack {stack} -- pulumi cancel --yes` removes the lock"
)
WAIT_FOR_DEAD = Remedy(
    "it ends by itself, and is taken for dead {span} after it was heard of last: wait for it, for example with "
    "--lock-timeout {timeout}m"
)
LONGER_GIVEN_CREDENTIALS = Remedy(
    "get new ones that last longer, and put them and their AWS_CREDENTIAL_EXPIRATION into the environment"
)
RUN_AS_JENKINS = Remedy(
    "run deploy with credentials of the tools account, Jenkins' or an administrator's; an ambient AWS profile or key may be in the way"
)
SET_CLOCK = Remedy("set the clock: `timedatectl set-ntp true`, or on a virtual machine that of its host")
CORRECT_ACCOUNT_OR_ROLE = Remedy(
    "correct deploy:account, or the role, before anything is deployed into the wrong account"
)
ROOM_FOR_RUNS = Remedy("make room on that disk; `du -sh .deploy/runs/*` shows what earlier runs have left")
DESTROY_FIRST = Remedy("`deploy destroy --stacks {stacks}` first")
RESTORE_STATE = Remedy("find out who changed it; `deploy state restore --stack {stack}` puts the newest good copy back")
RESTORE_OR_RESUME = Remedy(
    "find out who changed it; `deploy state restore --stack {stack}` puts the newest good copy back, `deploy resume` does that too "
    "and ends the run that stopped here"
)
LOOK_THROUGH_VERSIONS = Remedy("let an administrator look through the versions of it in the state bucket")
NEWER_DEPLOY = Remedy("use the version of deploy with which it was deployed, or a newer one")
RESUME_OR_REPAIR = Remedy(
    "`deploy resume` looks it up in the account and ends that run; `deploy repair --stack {stack}` only this stack"
)
BUILD_ONCE = Remedy(
    "build it once, leave it alone while a run goes on, and begin again; what is meant to differ gets another name"
)
LOOK_AND_DEPLOY_AGAIN = Remedy("look at what was deployed, and deploy again")

# gates
RAISE_ACCESS_LIMIT = Remedy(
    "if that is meant, raise access.max-deletes in deploy.toml; `deploy bootstrap --print` shows more"
)
RAISE_LIMIT = Remedy(
    "if `deploy preview --stacks {stack}` shows what is meant, raise stacks.{stack}.max-deletes in deploy.toml, or this once add "
    "--override {gate} --reason WHY"
)
WITH_REASON = Remedy("{first} --reason WHY")
GRANT_RIGHTS = Remedy("an administrator runs `deploy bootstrap --stacks {layer}`, then run this again")
PUT_BACK_AND_GRANT = Remedy(
    "put back into the program what is to be deleted, called as it is now ({left}); an administrator runs "
    "`deploy bootstrap --stacks {layer}`, take it out again and run this once more"
)
ALLOW_DELETE = Remedy("if that is meant, add {words}")

# more
CORRECT_AWS_CONFIG = Remedy("correct ~/.aws/config, or run on an agent with the Jenkins instance profile")
LOOK_UP_LEFT_OVER = Remedy("`deploy repair --stack {stack}` looks it up")
LEFT_BY_UP = Remedy(
    "`deploy resume`, or `deploy repair --stack {stack}`, adopts what the program makes and deletes what a run has made twice; "
    "of the rest, delete what nobody needs: `deploy exec --stack {stack} -- aws …`"
)
LEFT_BY_DESTROY = Remedy("delete what nobody needs: `deploy exec --stack {stack} -- aws …`")
NAME_AN_ACTION = Remedy("name an action as AWS does; known are those of {services}")

# in the place of the engine's own advice
UP_INSTEAD = Remedy("`deploy up --stacks {stack}`")
SET_SETTING = Remedy("set it with `deploy config set {key} VALUE --stack {stack}`")
SET_SECRET_SETTING = Remedy("set it with `deploy config set {key} --secret --stack {stack}`")
ENGINE_ITSELF = Remedy("`deploy exec --stack {stack} -- pulumi {words}`")

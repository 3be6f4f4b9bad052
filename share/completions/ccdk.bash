# bash completion for ccdk; written by `make gen`
# shellcheck shell=bash disable=SC2207

# the stacks of the last assembly; no app is run for them
_ccdk_stacks()
{
	local program=ccdk name i
	local -a where=()

	[[ ${COMP_WORDS[0]} == */ccdk ]] && program=${COMP_WORDS[0]}
	for ((i = 1; i < COMP_CWORD - 1; i++)); do
		case ${COMP_WORDS[i]} in
		-a|--app|-o|--output)
			# the file of a plan is no folder
			[[ $cmd == plan && ${COMP_WORDS[i]} == -o ]] && continue
			where+=("${COMP_WORDS[i]}")
			[[ ${COMP_WORDS[i+1]} == '=' ]] && ((i++))
			where+=("${COMP_WORDS[i+1]}") ;;
		esac
	done
	COMPREPLY=()
	while IFS= read -r name; do
		[[ $name == "$1"* ]] &&
			COMPREPLY+=("$(printf %q "$name")")
	done < <(command "$program" completion --stacks \
		"${where[@]}" 2>/dev/null)
}

_ccdk()
{
	local cur=${COMP_WORDS[COMP_CWORD]} i cmd='' options=''
	local prev=${COMP_WORDS[COMP_CWORD-1]}

	# --option=value arrives as three words
	if [[ $cur == '=' ]]; then
		cur=''
	elif [[ $prev == '=' && $COMP_CWORD -gt 1 ]]; then
		prev=${COMP_WORDS[COMP_CWORD-2]}
	fi
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		list|ls) cmd='list'; break ;;
		synth|synthesize) cmd='synth'; break ;;
		bootstrap) cmd='bootstrap'; break ;;
		gc) cmd='gc'; break ;;
		flags) cmd='flags'; break ;;
		deploy) cmd='deploy'; break ;;
		resume) cmd='resume'; break ;;
		attach) cmd='attach'; break ;;
		plan) cmd='plan'; break ;;
		apply) cmd='apply'; break ;;
		validate) cmd='validate'; break ;;
		diagnose) cmd='diagnose'; break ;;
		rollback) cmd='rollback'; break ;;
		publish-assets) cmd='publish-assets'; break ;;
		assets) cmd='assets'; break ;;
		import) cmd='import'; break ;;
		watch) cmd='watch'; break ;;
		destroy) cmd='destroy'; break ;;
		diff) cmd='diff'; break ;;
		drift) cmd='drift'; break ;;
		metadata) cmd='metadata'; break ;;
		acknowledge|ack) cmd='acknowledge'; break ;;
		notices) cmd='notices'; break ;;
		init) cmd='init'; break ;;
		migrate) cmd='migrate'; break ;;
		context) cmd='context'; break ;;
		config) cmd='config'; break ;;
		completion) cmd='completion'; break ;;
		docs|doc) cmd='docs'; break ;;
		doctor) cmd='doctor'; break ;;
		explore) cmd='explore'; break ;;
		lsp) cmd='lsp'; break ;;
		orphan) cmd='orphan'; break ;;
		refactor) cmd='refactor'; break ;;
		whoami) cmd='whoami'; break ;;
		login) cmd='login'; break ;;
		cli-telemetry) cmd='cli-telemetry'; break ;;
		esac
	done
	case $cmd:$prev in
	bootstrap:-b|bootstrap:--bootstrap-bucket-name|bootstrap:--toolkit-bucket-name)
		COMPREPLY=()
		return ;;
	bootstrap:--bootstrap-kms-key-id)
		COMPREPLY=()
		return ;;
	bootstrap:--custom-permissions-boundary|bootstrap:--cpb)
		COMPREPLY=()
		return ;;
	bootstrap:--qualifier)
		COMPREPLY=()
		return ;;
	bootstrap:-t|bootstrap:--tags)
		COMPREPLY=()
		return ;;
	bootstrap:--trust)
		COMPREPLY=()
		return ;;
	bootstrap:--trust-for-lookup)
		COMPREPLY=()
		return ;;
	bootstrap:--untrust)
		COMPREPLY=()
		return ;;
	bootstrap:--cloudformation-execution-policies)
		COMPREPLY=()
		return ;;
	bootstrap:--toolkit-stack-name)
		COMPREPLY=()
		return ;;
	bootstrap:--template)
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	gc:--action)
		COMPREPLY=()
		return ;;
	gc:--type)
		COMPREPLY=()
		return ;;
	gc:--rollback-buffer-days)
		COMPREPLY=()
		return ;;
	gc:--created-buffer-days)
		COMPREPLY=()
		return ;;
	gc:--toolkit-stack-name)
		COMPREPLY=()
		return ;;
	gc:--bootstrap-stack-name)
		COMPREPLY=()
		return ;;
	flags:--value)
		COMPREPLY=()
		return ;;
	flags:-n|flags:--concurrency)
		COMPREPLY=()
		return ;;
	deploy:-E|deploy:--build-exclude)
		COMPREPLY=()
		return ;;
	deploy:--require-approval)
		COMPREPLY=($(compgen -W 'never any-change broadening destructive' -- "$cur"))
		return ;;
	deploy:--notification-arns)
		COMPREPLY=()
		return ;;
	deploy:--rollback-trigger-alarm-arns)
		COMPREPLY=()
		return ;;
	deploy:--monitoring-time-minutes)
		COMPREPLY=()
		return ;;
	deploy:-t|deploy:--tags)
		COMPREPLY=()
		return ;;
	deploy:--change-set-name)
		COMPREPLY=()
		return ;;
	deploy:-m|deploy:--method)
		COMPREPLY=($(compgen -W 'direct change-set prepare-change-set execute-change-set' -- "$cur"))
		return ;;
	deploy:--parameters)
		COMPREPLY=()
		return ;;
	deploy:--parameters-file)
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	deploy:-O|deploy:--outputs-file)
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	deploy:--stack-policy)
		COMPREPLY=()
		return ;;
	deploy:--stack-policy-during-update)
		COMPREPLY=()
		return ;;
	deploy:--toolkit-stack-name)
		COMPREPLY=()
		return ;;
	deploy:--progress)
		COMPREPLY=($(compgen -W 'bar events errors-only' -- "$cur"))
		return ;;
	deploy:--hotswap-ecs-minimum-healthy-percent)
		COMPREPLY=()
		return ;;
	deploy:--hotswap-ecs-maximum-healthy-percent)
		COMPREPLY=()
		return ;;
	deploy:--hotswap-ecs-stabilization-timeout-seconds)
		COMPREPLY=()
		return ;;
	deploy:--concurrency)
		COMPREPLY=()
		return ;;
	deploy:--timeout)
		COMPREPLY=()
		return ;;
	deploy:--asset-build-concurrency)
		COMPREPLY=()
		return ;;
	deploy:--image-parallelism)
		COMPREPLY=()
		return ;;
	deploy:--image-cache)
		COMPREPLY=()
		return ;;
	deploy:--allow-data-loss)
		COMPREPLY=()
		return ;;
	deploy:--ci-format)
		COMPREPLY=($(compgen -W 'auto none github gitlab' -- "$cur"))
		return ;;
	deploy:--journal)
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	deploy:--on-interrupt)
		COMPREPLY=($(compgen -W 'detach cancel wait' -- "$cur"))
		return ;;
	resume:--parameters)
		COMPREPLY=()
		return ;;
	resume:--progress)
		COMPREPLY=($(compgen -W 'bar events errors-only' -- "$cur"))
		return ;;
	resume:--concurrency)
		COMPREPLY=()
		return ;;
	resume:--require-approval)
		COMPREPLY=($(compgen -W 'never any-change broadening destructive' -- "$cur"))
		return ;;
	resume:--on-interrupt)
		COMPREPLY=($(compgen -W 'detach cancel wait' -- "$cur"))
		return ;;
	resume:--ci-format)
		COMPREPLY=($(compgen -W 'auto none github gitlab' -- "$cur"))
		return ;;
	attach:--progress)
		COMPREPLY=($(compgen -W 'bar events errors-only' -- "$cur"))
		return ;;
	plan:-o|plan:--out)
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	plan:--discard)
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	plan:--expires-in)
		COMPREPLY=()
		return ;;
	plan:--allow-data-loss)
		COMPREPLY=()
		return ;;
	plan:--parameters)
		COMPREPLY=()
		return ;;
	plan:--parameters-file)
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	plan:-t|plan:--tags)
		COMPREPLY=()
		return ;;
	plan:--notification-arns)
		COMPREPLY=()
		return ;;
	plan:--rollback-trigger-alarm-arns)
		COMPREPLY=()
		return ;;
	plan:--monitoring-time-minutes)
		COMPREPLY=()
		return ;;
	plan:--toolkit-stack-name)
		COMPREPLY=()
		return ;;
	plan:-E|plan:--build-exclude)
		COMPREPLY=()
		return ;;
	plan:--concurrency)
		COMPREPLY=()
		return ;;
	plan:--asset-build-concurrency)
		COMPREPLY=()
		return ;;
	plan:--image-parallelism)
		COMPREPLY=()
		return ;;
	plan:--image-cache)
		COMPREPLY=()
		return ;;
	apply:--allow-data-loss)
		COMPREPLY=()
		return ;;
	apply:--parameters)
		COMPREPLY=()
		return ;;
	apply:-O|apply:--outputs-file)
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	apply:--progress)
		COMPREPLY=($(compgen -W 'bar events errors-only' -- "$cur"))
		return ;;
	apply:--concurrency)
		COMPREPLY=()
		return ;;
	apply:--toolkit-stack-name)
		COMPREPLY=()
		return ;;
	apply:--ci-format)
		COMPREPLY=($(compgen -W 'auto none github gitlab' -- "$cur"))
		return ;;
	apply:--on-interrupt)
		COMPREPLY=($(compgen -W 'detach cancel wait' -- "$cur"))
		return ;;
	diagnose:--toolkit-stack-name)
		COMPREPLY=()
		return ;;
	diagnose:--concurrency)
		COMPREPLY=()
		return ;;
	rollback:--toolkit-stack-name)
		COMPREPLY=()
		return ;;
	rollback:--orphan)
		COMPREPLY=()
		return ;;
	rollback:--on-interrupt)
		COMPREPLY=($(compgen -W 'detach cancel wait' -- "$cur"))
		return ;;
	publish-assets:--concurrency)
		COMPREPLY=()
		return ;;
	publish-assets:--image-parallelism)
		COMPREPLY=()
		return ;;
	publish-assets:--image-cache)
		COMPREPLY=()
		return ;;
	assets:--concurrency)
		COMPREPLY=()
		return ;;
	import:--change-set-name)
		COMPREPLY=()
		return ;;
	import:--notification-arns)
		COMPREPLY=()
		return ;;
	import:--toolkit-stack-name)
		COMPREPLY=()
		return ;;
	import:--record-resource-mapping)
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	import:-m|import:--resource-mapping)
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	import:--resource-mapping-inline)
		COMPREPLY=()
		return ;;
	watch:-O|watch:--outputs-file)
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	watch:-E|watch:--build-exclude)
		COMPREPLY=()
		return ;;
	watch:--change-set-name)
		COMPREPLY=()
		return ;;
	watch:--toolkit-stack-name)
		COMPREPLY=()
		return ;;
	watch:--progress)
		COMPREPLY=($(compgen -W 'bar events errors-only' -- "$cur"))
		return ;;
	watch:--hotswap-ecs-minimum-healthy-percent)
		COMPREPLY=()
		return ;;
	watch:--hotswap-ecs-maximum-healthy-percent)
		COMPREPLY=()
		return ;;
	watch:--hotswap-ecs-stabilization-timeout-seconds)
		COMPREPLY=()
		return ;;
	watch:--concurrency)
		COMPREPLY=()
		return ;;
	destroy:--concurrency)
		COMPREPLY=()
		return ;;
	destroy:--stack-name)
		COMPREPLY=()
		return ;;
	destroy:--retain)
		COMPREPLY=()
		return ;;
	destroy:--allow-data-loss)
		COMPREPLY=()
		return ;;
	destroy:--on-interrupt)
		COMPREPLY=($(compgen -W 'detach cancel wait' -- "$cur"))
		return ;;
	destroy:--ci-format)
		COMPREPLY=($(compgen -W 'auto none github gitlab' -- "$cur"))
		return ;;
	diff:--parameters)
		COMPREPLY=()
		return ;;
	diff:--context-lines)
		COMPREPLY=()
		return ;;
	diff:--template)
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	diff:--fail-on)
		COMPREPLY=($(compgen -W 'never any-change broadening destructive' -- "$cur"))
		return ;;
	diff:--change-set-name)
		COMPREPLY=()
		return ;;
	diff:-m|diff:--method)
		COMPREPLY=($(compgen -W 'auto change-set template' -- "$cur"))
		return ;;
	diff:--against)
		COMPREPLY=()
		return ;;
	init:-l|init:--language)
		COMPREPLY=($(compgen -W 'csharp cs fsharp fs go java javascript js python py typescript ts' -- "$cur"))
		return ;;
	init:-V|init:--lib-version)
		COMPREPLY=()
		return ;;
	init:--from-path)
		COMPREPLY=($(compgen -d -- "$cur"))
		return ;;
	init:--from-git-url)
		COMPREPLY=()
		return ;;
	init:--template-path)
		COMPREPLY=()
		return ;;
	init:--package-manager)
		COMPREPLY=($(compgen -W 'npm yarn pnpm bun' -- "$cur"))
		return ;;
	init:-n|init:--project-name)
		COMPREPLY=()
		return ;;
	init:--stack-name)
		COMPREPLY=()
		return ;;
	migrate:-n|migrate:--stack-name)
		COMPREPLY=()
		return ;;
	migrate:-l|migrate:--language)
		COMPREPLY=($(compgen -W 'typescript ts go java python py csharp cs' -- "$cur"))
		return ;;
	migrate:--account)
		COMPREPLY=()
		return ;;
	migrate:--from-path)
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	migrate:--output-path)
		COMPREPLY=($(compgen -d -- "$cur"))
		return ;;
	migrate:--from-scan)
		COMPREPLY=()
		return ;;
	migrate:--filter)
		COMPREPLY=()
		return ;;
	context:-e|context:--reset)
		COMPREPLY=()
		return ;;
	context:--refresh)
		COMPREPLY=()
		return ;;
	docs:-b|docs:--browser)
		COMPREPLY=()
		return ;;
	doctor:-l|doctor:--language)
		COMPREPLY=($(compgen -W 'csharp cs fsharp fs go java javascript js python py typescript ts' -- "$cur"))
		return ;;
	explore:--port)
		COMPREPLY=()
		return ;;
	refactor:--additional-stack-name)
		COMPREPLY=()
		return ;;
	refactor:--override-file)
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	refactor:--toolkit-stack-name)
		COMPREPLY=()
		return ;;
	login:--sso-session)
		COMPREPLY=()
		return ;;
	login:-b|login:--browser)
		COMPREPLY=()
		return ;;
	*:-a|*:--app)
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	*:--build)
		COMPREPLY=()
		return ;;
	*:--app-timeout)
		COMPREPLY=()
		return ;;
	*:-c|*:--context)
		COMPREPLY=()
		return ;;
	*:-p|*:--plugin)
		COMPREPLY=()
		return ;;
	*:--profile)
		COMPREPLY=()
		return ;;
	*:--oidc-role)
		COMPREPLY=()
		return ;;
	*:--oidc-token-variable)
		COMPREPLY=()
		return ;;
	*:--region)
		COMPREPLY=()
		return ;;
	*:--proxy)
		COMPREPLY=()
		return ;;
	*:--ca-bundle-path)
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	*:-r|*:--role-arn)
		COMPREPLY=()
		return ;;
	*:-o|*:--output)
		COMPREPLY=($(compgen -d -- "$cur"))
		return ;;
	*:--unstable)
		COMPREPLY=()
		return ;;
	*:--telemetry-file)
		COMPREPLY=($(compgen -f -- "$cur"))
		return ;;
	esac
	case $cmd in
	'') options='list ls synth synthesize bootstrap gc flags deploy resume attach plan apply validate diagnose rollback publish-assets assets import watch destroy diff drift metadata acknowledge ack notices init migrate context config completion docs doc doctor explore lsp orphan refactor whoami login cli-telemetry' ;;
	list) options='-l --long -d --show-dependencies -j --json' ;;
	synth) options='-e --exclusively --no-exclusively --validation --no-validation -q --quiet -j --json --watch --no-watch' ;;
	bootstrap) options='-b --bootstrap-bucket-name --toolkit-bucket-name --bootstrap-kms-key-id --example-permissions-boundary --epb --no-example-permissions-boundary --custom-permissions-boundary --cpb --apply-permissions-boundary-to-all-roles --no-apply-permissions-boundary-to-all-roles --bootstrap-customer-key --no-bootstrap-customer-key --qualifier --public-access-block-configuration --no-public-access-block-configuration --deny-external-id --no-deny-external-id -t --tags --execute --no-execute --trust --trust-for-lookup --untrust --cloudformation-execution-policies -f --force --termination-protection --no-termination-protection --show-template -j --json --toolkit-stack-name --template --previous-parameters --no-previous-parameters --import-existing-resources --no-import-existing-resources --express' ;;
	gc) options='--action --type --rollback-buffer-days --created-buffer-days --confirm --no-confirm --toolkit-stack-name --bootstrap-stack-name' ;;
	flags) options='--value --set --no-set --all --no-all --unconfigured --no-unconfigured --recommended --no-recommended --default --no-default -i --interactive --no-interactive --safe --no-safe -n --concurrency' ;;
	deploy) options='--all -E --build-exclude -e --exclusively --no-exclusively --require-approval --approve-first --no-approve-first --notification-arns --rollback-trigger-alarm-arns --monitoring-time-minutes -t --tags --execute --no-execute --change-set-name -m --method --import-existing-resources -f --force --parameters --parameters-file -O --outputs-file --outputs-file-merge --previous-parameters --no-previous-parameters --stack-policy --stack-policy-during-update --toolkit-stack-name --progress --rollback --no-rollback --hotswap --no-hotswap --hotswap-fallback --no-hotswap-fallback --hotswap-ecs-minimum-healthy-percent --hotswap-ecs-maximum-healthy-percent --hotswap-ecs-stabilization-timeout-seconds --watch --no-watch --logs --no-logs --concurrency --timeout --asset-parallelism --no-asset-parallelism --asset-build-concurrency --asset-prebuild --no-asset-prebuild --image-parallelism --image-cache --keep-going --ignore-no-stacks --revert-drift --express --two-pass --no-two-pass --protect-stateful --no-protect-stateful --allow-data-loss -j --json --ci-format --journal --wait --on-interrupt' ;;
	resume) options='--list --parameters --progress --concurrency --require-approval --on-interrupt -j --json --ci-format' ;;
	attach) options='--progress -j --json' ;;
	plan) options='--all -e --exclusively --no-exclusively -o --out -j --json --discard --expires-in --allow-data-loss --parameters --parameters-file --previous-parameters --no-previous-parameters -t --tags --notification-arns --rollback-trigger-alarm-arns --monitoring-time-minutes --import-existing-resources --revert-drift --rollback --no-rollback --express -f --force --toolkit-stack-name -E --build-exclude --concurrency --asset-parallelism --no-asset-parallelism --asset-build-concurrency --image-parallelism --image-cache --ignore-no-stacks' ;;
	apply) options='--allow-data-loss --parameters -O --outputs-file --progress --outputs-file-merge --concurrency --toolkit-stack-name -j --json --ci-format --on-interrupt' ;;
	validate) options='--online --no-online --watch --no-watch' ;;
	diagnose) options='--toolkit-stack-name --concurrency' ;;
	rollback) options='--all --toolkit-stack-name -f --force --no-force --validate-bootstrap-version --no-validate-bootstrap-version --orphan -j --json --on-interrupt' ;;
	publish-assets) options='--all -e --exclusively --no-exclusively -f --force --concurrency --image-parallelism --image-cache --keep-going --no-keep-going -j --json' ;;
	assets) options='-e --exclusively --no-exclusively -j --json --dry-run --concurrency' ;;
	import) options='--execute --no-execute --change-set-name --notification-arns --toolkit-stack-name --rollback --no-rollback -f --force --no-force --record-resource-mapping -m --resource-mapping --resource-mapping-inline' ;;
	watch) options='-O --outputs-file -E --build-exclude -e --exclusively --no-exclusively --change-set-name -f --force --toolkit-stack-name --progress --rollback --no-rollback --hotswap --no-hotswap --hotswap-fallback --no-hotswap-fallback --hotswap-ecs-minimum-healthy-percent --hotswap-ecs-maximum-healthy-percent --hotswap-ecs-stabilization-timeout-seconds --logs --no-logs --concurrency' ;;
	destroy) options='--all -e --exclusively --no-exclusively -f --force --no-force --concurrency --keep-going --express --stack-name --retain --dry-run --protect-stateful --no-protect-stateful --allow-data-loss --wait --on-interrupt -j --json --ci-format' ;;
	diff) options='--parameters -e --exclusively --no-exclusively --context-lines --template --strict --security-only --fail --no-fail --fail-on --processed -q --quiet --change-set --changeset --no-change-set --change-set-name -m --method --import-existing-resources --include-moves --read-only --detailed-exitcode --json --markdown --ignore-asset-hashes --explain --against' ;;
	drift) options='--fail --no-fail' ;;
	metadata) options='-j --json' ;;
	notices) options='-u --unacknowledged' ;;
	init) options='-l --language --list --no-list --generate-only -V --lib-version --from-path --from-git-url --template-path --package-manager -n --project-name --stack-name' ;;
	migrate) options='-n --stack-name -l --language --account --from-path --from-stack --no-from-stack --output-path --from-scan --filter --compress --no-compress' ;;
	context) options='-e --reset -f --force --clear -j --json --refresh' ;;
	config) options='-j --json' ;;
	docs) options='-b --browser' ;;
	doctor) options='-l --language' ;;
	explore) options='--port' ;;
	lsp) options='--features' ;;
	refactor) options='--additional-stack-name --dry-run --override-file --revert --force --toolkit-stack-name' ;;
	whoami) options='--all -j --json' ;;
	login) options='--sso-session -b --browser --pkce --no-pkce --no-browser' ;;
	cli-telemetry) options='--enable --no-enable --disable --no-disable --status --no-status' ;;
	esac
	if [[ -z $cmd || $cur == -* ]]; then
		COMPREPLY=($(compgen -W "$options -a --app --build --app-timeout -c --context -p --plugin --trace --no-trace --strict --no-strict --lookups --no-lookups --ignore-errors -v --verbose --debug --debug-app --debug-cli --profile --oidc-role --oidc-token-variable --isolate-app --no-isolate-app --region --proxy --ca-bundle-path -i --ec2creds --no-ec2creds --version-reporting --telemetry --no-version-reporting --path-metadata --no-path-metadata --asset-metadata --no-asset-metadata -r --role-arn --staging --no-staging -o --output --notices --no-notices --no-color --color --no-color --ci --unstable --telemetry-file -y --yes --version -h --help" -- "$cur"))
	else
		case $cmd in
		list|synth|deploy|attach|plan|validate|diagnose|rollback|publish-assets|import|watch|destroy|diff|drift|metadata|refactor|whoami)
			_ccdk_stacks "$cur" ;;
		apply)
			COMPREPLY=($(compgen -f -- "$cur")) ;;
		assets)
			COMPREPLY=($(compgen -W 'list verify prune' -- "$cur")) ;;
		init)
			COMPREPLY=($(compgen -W 'app lib sample-app' -- "$cur")) ;;
		completion)
			COMPREPLY=($(compgen -W 'bash zsh fish' -- "$cur")) ;;
		*)
			COMPREPLY=() ;;
		esac
	fi
}

complete -F _ccdk ccdk

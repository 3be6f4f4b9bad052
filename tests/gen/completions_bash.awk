# bash: one case for the values, one for the options of each command
function options(c,	s, i)
{
	for (i = 1; i <= n[c]; i++) {
		s = s (s == "" ? "" : " ") spellings(c, i)
		if (negation[c, i])
			s = s " --no-" name[c, i]
	}
	return s
}

function pattern(c, i,	s, k, p, part)
{
	k = split(spellings(c, i), part, " ")
	for (p = 1; p <= k; p++)
		s = s (p > 1 ? "|" : "") \
			(c == "*" ? "*" : c) ":" part[p]
	return s
}

function values(c,	i)
{
	for (i = 1; i <= n[c]; i++) {
		if (!takes_value(c, i))
			continue
		print "\t" pattern(c, i) ")"
		if (choices[c, i] != "")
			print "\t\tCOMPREPLY=($(compgen -W '" choices[c, i] \
				"' -- \"$cur\"))"
		else if (value[c, i] == "FILE")
			print "\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))"
		else if (value[c, i] == "DIR")
			print "\t\tCOMPREPLY=($(compgen -d -- \"$cur\"))"
		else if (name[c, i] == "app")
			print "\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))"
		else
			print "\t\tCOMPREPLY=()"
		print "\t\treturn ;;"
	}
}

END {
	print "# bash completion for ccdk; written by `make gen`"
	print "# shellcheck shell=bash disable=SC2207"
	print ""
	print "# the stacks of the last assembly; no app is run for them"
	print "_ccdk_stacks()"
	print "{"
	print "\tlocal program=ccdk name i"
	print "\tlocal -a where=()"
	print ""
	print "\t[[ ${COMP_WORDS[0]} == */ccdk ]] && program=${COMP_WORDS[0]}"
	print "\tfor ((i = 1; i < COMP_CWORD - 1; i++)); do"
	print "\t\tcase ${COMP_WORDS[i]} in"
	print "\t\t-a|--app|-o|--output)"
	print "\t\t\t# the file of a plan is no folder"
	print "\t\t\t[[ $cmd == plan && ${COMP_WORDS[i]} == -o ]] && continue"
	print "\t\t\twhere+=(\"${COMP_WORDS[i]}\")"
	print "\t\t\t[[ ${COMP_WORDS[i+1]} == '=' ]] && ((i++))"
	print "\t\t\twhere+=(\"${COMP_WORDS[i+1]}\") ;;"
	print "\t\tesac"
	print "\tdone"
	print "\tCOMPREPLY=()"
	print "\twhile IFS= read -r name; do"
	print "\t\t[[ $name == \"$1\"* ]] &&"
	print "\t\t\tCOMPREPLY+=(\"$(printf %q \"$name\")\")"
	print "\tdone < <(command \"$program\" completion --stacks \\"
	print "\t\t\"${where[@]}\" 2>/dev/null)"
	print "}"
	print ""
	print "_ccdk()"
	print "{"
	print "\tlocal cur=${COMP_WORDS[COMP_CWORD]} i cmd='' options=''"
	print "\tlocal prev=${COMP_WORDS[COMP_CWORD-1]}"
	print ""
	print "\t# --option=value arrives as three words"
	print "\tif [[ $cur == '=' ]]; then"
	print "\t\tcur=''"
	print "\telif [[ $prev == '=' && $COMP_CWORD -gt 1 ]]; then"
	print "\t\tprev=${COMP_WORDS[COMP_CWORD-2]}"
	print "\tfi"
	print "\tfor ((i = 1; i < COMP_CWORD; i++)); do"
	print "\t\tcase ${COMP_WORDS[i]} in"
	for (k = 1; k <= ncmd; k++) {
		w = words[cmd[k]]
		gsub(/ /, "|", w)
		print "\t\t" w ") cmd='" cmd[k] "'; break ;;"
		all = all (k > 1 ? " " : "") words[cmd[k]]
	}
	print "\t\tesac"
	print "\tdone"
	print "\tcase $cmd:$prev in"
	for (k = 1; k <= ncmd; k++)
		values(cmd[k])
	values("*")
	print "\tesac"
	print "\tcase $cmd in"
	print "\t'') options='" all "' ;;"
	for (k = 1; k <= ncmd; k++)
		if (n[cmd[k]])
			print "\t" cmd[k] ") options='" options(cmd[k]) "' ;;"
	print "\tesac"
	print "\tif [[ -z $cmd || $cur == -* ]]; then"
	print "\t\tCOMPREPLY=($(compgen -W \"$options " options("*") \
		"\" -- \"$cur\"))"
	print "\telse"
	print "\t\tcase $cmd in"
	for (k = 1; k <= ncmd; k++)
		if (stacks[cmd[k]])
			with = with (with == "" ? "" : "|") cmd[k]
	print "\t\t" with ")"
	print "\t\t\t_ccdk_stacks \"$cur\" ;;"
	for (k = 1; k <= ncmd; k++)
		if (files[cmd[k]]) {
			print "\t\t" cmd[k] ")"
			print "\t\t\tCOMPREPLY=($(compgen -f -- \"$cur\")) ;;"
		}
	for (k = 1; k <= ncmd; k++)
		if (first[cmd[k]] != "") {
			print "\t\t" cmd[k] ")"
			print "\t\t\tCOMPREPLY=($(compgen -W '" \
				first[cmd[k]] "' -- \"$cur\")) ;;"
		}
	print "\t\t*)"
	print "\t\t\tCOMPREPLY=() ;;"
	print "\t\tesac"
	print "\tfi"
	print "}"
	print ""
	print "complete -F _ccdk ccdk"
}

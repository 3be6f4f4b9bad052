# fish: one line per option
function quote(s)
{
	gsub(/\\/, "\\\\", s)
	gsub(/'/, "\\'", s)
	return "'" s "'"
}

function lines(c, cond,	i, p, k, part, s)
{
	for (i = 1; i <= n[c]; i++) {
		s = "complete -c ccdk" cond " -l " name[c, i]
		k = split(alias[c, i], part, " ")
		for (p = 1; p <= k; p++)
			s = s " -l " part[p]
		if (letter[c, i] != "")
			s = s " -s " letter[c, i]
		if (choices[c, i] != "")
			s = s " -x -a " quote(choices[c, i])
		else if (value[c, i] == "FILE" || value[c, i] == "DIR" ||
			name[c, i] == "app")
			s = s " -r -F"
		else if (takes_value(c, i))
			s = s " -x"
		print s " -d " quote(help[c, i])
		if (negation[c, i])
			print "complete -c ccdk" cond " -l no-" name[c, i] \
				" -d " quote("not --" name[c, i])
	}
}

END {
	print "# fish completion for ccdk; written by `make gen`"
	print "complete -c ccdk -f"
	for (k = 1; k <= ncmd; k++)
		print "complete -c ccdk -n __fish_use_subcommand -a " \
			quote(words[cmd[k]]) " -d " quote(brief[cmd[k]])
	lines("*", "")
	for (k = 1; k <= ncmd; k++)
		if (stacks[cmd[k]])
			with = with " " words[cmd[k]]
	# the stacks of the last assembly; no app is run for them
	print "complete -c ccdk -n " \
		quote("__fish_seen_subcommand_from" with) \
		" -a '(command ccdk completion --stacks 2>/dev/null)'"
	for (k = 1; k <= ncmd; k++)
		if (files[cmd[k]])
			print "complete -c ccdk -n " \
				quote("__fish_seen_subcommand_from " cmd[k]) \
				" -F"
	for (k = 1; k <= ncmd; k++)
		if (first[cmd[k]] != "")
			print "complete -c ccdk -n " \
				quote("__fish_seen_subcommand_from " cmd[k]) \
				" -a " quote(first[cmd[k]])
	for (k = 1; k <= ncmd; k++)
		lines(cmd[k], " -n " quote("__fish_seen_subcommand_from " \
			words[cmd[k]]))
}

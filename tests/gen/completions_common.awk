# Reads `ccdk --dump-options`; the files beside this one write from:
# cmd[1..ncmd], words[cmd] (with aliases), brief[cmd], first[cmd], stacks[cmd],
# files[cmd]
# n[cmd] options, numbered: name letter type choices alias value help [cmd, i]
# cmd "*" are the global options.

$1 == "command" && $5 !~ /hidden/ {
	cmd[++ncmd] = $2
	words[$2] = $2
	if ($3 != "-")
		words[$2] = words[$2] " " join($3)
	brief[$2] = $6
	# what its first word may be
	first[$2] = $7 == "-" ? "" : join($7)
	# takes names of stacks
	stacks[$2] = $4 ~ /^STACK/
	# takes a file
	files[$2] = $4 ~ /^FILE/
}

$1 == "command" && $5 ~ /hidden/ {
	hidden[$2] = 1
}

$1 == "option" && $9 !~ /hidden/ {
	i = ++n[$2]
	name[$2, i] = $3
	letter[$2, i] = $4 == "-" ? "" : $4
	type[$2, i] = $5
	choices[$2, i] = $6 == "-" ? "" : join($6)
	alias[$2, i] = $7 == "-" ? "" : join($7)
	value[$2, i] = $8 == "-" ? "" : $8
	negation[$2, i] = $5 == "boolean" && ($10 == "true" || $10 == "-") &&
		$3 != "help" && $3 != "version" && $3 !~ /^no-/
	help[$2, i] = $11
}

function join(list)
{
	gsub(/\|/, " ", list)
	return list
}

# "-x --name --alias", all spellings of option i
function spellings(c, i,	s, a, k, part)
{
	s = "--" name[c, i]
	if (letter[c, i] != "")
		s = "-" letter[c, i] " " s
	k = split(alias[c, i], part, " ")
	for (a = 1; a <= k; a++)
		s = s " --" part[a]
	return s
}

function takes_value(c, i)
{
	return type[c, i] != "boolean" && type[c, i] != "count"
}

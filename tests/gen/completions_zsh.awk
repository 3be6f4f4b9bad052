# zsh: _arguments specifications
function quote(s)
{
	gsub(/'/, "'\\''", s)
	return s
}

function text(s)
{
	gsub(/[\[\]:]/, "\\\\&", s)
	return quote(s)
}

function action(c, i)
{
	if (choices[c, i] != "")
		return "(" choices[c, i] ")"
	if (value[c, i] == "FILE" || name[c, i] == "app")
		return "_files"
	if (value[c, i] == "DIR")
		return "_directories"
	return ""
}

function specs(c,	i, k, p, part, all, tail, many, head, join_by)
{
	for (i = 1; i <= n[c]; i++) {
		tail = "[" text(help[c, i]) "]"
		if (takes_value(c, i))
			tail = tail ":" text(value[c, i]) ":" action(c, i)
		all = spellings(c, i)
		k = split(all, part, " ")
		many = type[c, i] == "array" || type[c, i] == "count"
		for (p = 1; p <= k; p++) {
			join_by = ""
			if (takes_value(c, i))
				join_by = part[p] ~ /^--/ ? "=" : "+"
			head = many ? "*" : k > 1 ? "(" all ")" : ""
			print "\t\t'" head part[p] join_by tail "'"
		}
		if (negation[c, i])
			print "\t\t'--no-" name[c, i] "[not --" name[c, i] \
				"]'"
	}
}

END {
	print "#compdef ccdk"
	print "# written by `make gen`"
	print ""
	print "_ccdk_commands()"
	print "{"
	print "\tlocal -a commands=("
	for (k = 1; k <= ncmd; k++)
		print "\t\t'" cmd[k] ":" text(brief[cmd[k]]) "'"
	print "\t)"
	print "\t_describe command commands"
	print "}"
	print ""
	print "# the stacks of the last assembly; no app is run for them"
	print "_ccdk_stacks()"
	print "{"
	print "\tlocal -a names"
	print "\tnames=(${(f)\"$(command ccdk completion --stacks 2>/dev/null)\"})"
	print "\tcompadd -a names"
	print "}"
	print ""
	print "_ccdk()"
	print "{"
	print "\tlocal context state state_descr line"
	print "\ttypeset -A opt_args"
	print "\tlocal -a global=("
	specs("*")
	print "\t)"
	print "\tlocal -a own=()"
	print ""
	print "\t_arguments -C $global '1: :_ccdk_commands' '*:: :->rest' && return"
	print "\t[[ $state == rest ]] || return 1"
	print "\tcase $words[1] in"
	for (k = 1; k <= ncmd; k++) {
		c = cmd[k]
		if (!n[c])
			continue
		w = words[c]
		gsub(/ /, "|", w)
		print "\t" w ") own=("
		specs(c)
		print "\t\t) ;;"
	}
	print "\tesac"
	print "\tcase $words[1] in"
	for (k = 1; k <= ncmd; k++)
		if (stacks[cmd[k]]) {
			w = words[cmd[k]]
			gsub(/ /, "|", w)
			with = with (with == "" ? "" : "|") w
		}
	print "\t" with ")"
	print "\t\t_arguments $global $own '*:stack:_ccdk_stacks' ;;"
	for (k = 1; k <= ncmd; k++)
		if (files[cmd[k]]) {
			print "\t" cmd[k] ")"
			print "\t\t_arguments $global $own '1:file:_files' ;;"
		}
	for (k = 1; k <= ncmd; k++)
		if (first[cmd[k]] != "") {
			print "\t" cmd[k] ")"
			print "\t\t_arguments $global $own '1: :(" \
				first[cmd[k]] ")' ;;"
		}
	print "\t*)"
	print "\t\t_arguments $global $own '*: :' ;;"
	print "\tesac"
	print "}"
	print ""
	print "_ccdk \"$@\""
}

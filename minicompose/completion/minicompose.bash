# Completion of minicompose's words for bash: the program itself knows them.
#
#     source <(minicompose completion bash)

_minicompose() {
    local program=${COMP_WORDS[0]} rest=${COMP_LINE:0:COMP_POINT} trimmed word last value i
    local -a words=()
    type -P -- "$program" >/dev/null || program=minicompose # an alias

    # Bash parts words at "=" and ":"; what no blank parts is one word.
    for ((i = 0; i <= COMP_CWORD; i++)); do
        trimmed=${rest#"${rest%%[![:space:]]*}"}
        word=${COMP_WORDS[i]:0:${#trimmed}}
        if [[ $i -gt 0 && $trimmed == "$rest" ]]; then
            words[${#words[@]} - 1]+=${word//[\"\'\\]/}
        else
            words+=("${word//[\"\'\\]/}")
        fi
        rest=${trimmed:${#word}}
    done
    last=${words[${#words[@]} - 1]}
    word=$last
    while [[ $word && ! (${word: -1} == [=:] && $COMP_WORDBREAKS == *"${word: -1}"*) ]]; do word=${word%?}; done

    COMPREPLY=()
    while IFS=$'\t' read -r value _; do
        case $value in
            :files) compopt -o default 2>/dev/null ;; # where none of the words begins like that
            :directories) compopt -o dirnames 2>/dev/null ;;
            "$last"*) COMPREPLY+=("${value#"$word"}") ;;
        esac
    done < <("$program" __complete "${words[@]:1}" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=:] ]]; then compopt -o nospace 2>/dev/null; fi
}

complete -F _minicompose minicompose

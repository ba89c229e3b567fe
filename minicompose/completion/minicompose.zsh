#compdef minicompose
# Completion of minicompose's words for zsh: the program itself knows them.
#
#     source <(minicompose completion zsh)

_minicompose() {
    local program=$words[1] last=${(Q)PREFIX} line value what ret=1
    local -a closed open paths
    whence -p -- $program >/dev/null || program=minicompose # an alias

    for line in "${(@f)$($program __complete "${(@Q)words[2,CURRENT-1]}" "$last" 2>/dev/null)}"; do
        value=${line%%$'\t'*} what=${${line#$value}#$'\t'}
        case $value in
            '') ;;
            :files) paths=(_files) ;;
            :directories) paths=(_files -/) ;;
            *[=:]) open+=("${value//:/\\:}${what:+:$what}") ;;
            *) closed+=("${value//:/\\:}${what:+:$what}") ;;
        esac
    done
    (( $#closed )) && _describe -V 'word' closed && ret=0
    (( $#open )) && _describe -V 'word' open -S '' && ret=0
    if (( $#paths )); then
        [[ $last == --*=* ]] && compset -P '*='
        $paths && ret=0
    fi
    return ret
}

if [[ $funcstack[1] == _minicompose ]]; then
    _minicompose "$@"
else
    compdef _minicompose minicompose
fi

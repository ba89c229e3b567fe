# Completion of minicompose's words for fish: the program itself knows them.
#
#     minicompose completion fish | source

function __minicompose_words
    set -l words (commandline -opc)
    set -l last (commandline -ct)
    set -l program $words[1]
    type -q -f -- $program; or set program minicompose # an alias
    # The part of `--file=PATH` before the path.
    set -l before (string match -r -- '^--[^=]*=' "$last")
    set -l path (string replace -- "$before" '' "$last")

    for line in ($program __complete $words[2..] "$last" 2>/dev/null)
        switch $line
            case :files
                printf "$before%s\n" (__fish_complete_path "$path")
            case :directories
                printf "$before%s\n" (__fish_complete_directories "$path" '')
            case '*'
                printf '%s\n' $line
        end
    end
end

complete -c minicompose -f -k -a '(__minicompose_words)'

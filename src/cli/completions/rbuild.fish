# Completion of rbuild for fish. It asks rbuild itself, so it never needs an update.

function __rbuild_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found ($words[1] complete -- $words[2..-1] 2>/dev/null)
    if test (count $found) -eq 0
        __fish_complete_path (commandline -ct)
    else
        printf '%s\n' $found
    end
end

complete -c rbuild -f -a '(__rbuild_complete)'

# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_ctctl_global_optspecs
    string join \n config-dir= data-dir= run-dir= log-dir= quiet verbose log-file= log-level= h/help V/version
end

function __fish_ctctl_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_ctctl_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_ctctl_using_subcommand
    set -l cmd (__fish_ctctl_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c ctctl -n "__fish_ctctl_needs_command" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_needs_command" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_needs_command" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_needs_command" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_needs_command" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_needs_command" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_needs_command" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_needs_command" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_needs_command" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "template" -d 'Build, list, show and remove templates'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "create" -d 'Make a system from a template'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "run" -d 'Run one application in a new system: create, start, attach'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "start" -d 'Start systems'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "stop" -d 'Stop systems in order, and kill those that take too long'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "restart" -d 'Stop systems and start them again'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "kill" -d 'Send a signal to the first process of systems'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "pause" -d 'Freeze all processes of running systems'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "freeze" -d 'Freeze all processes of running systems'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "unpause" -d 'Let the processes of paused systems go on'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "unfreeze" -d 'Let the processes of paused systems go on'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "resume" -d 'Let the processes of paused systems go on'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "wait" -d 'Wait until systems have stopped, or are in another state'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "console" -d 'Attend a system\'s console: see what it printed last, and type'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "autostart" -d 'Start a system when the host boots, or not'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "boot" -d 'Start the systems that are to run when the host boots'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "shutdown" -d 'Stop all systems, since the host goes down'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "events" -d 'Show what happens to systems: starts, ends, changes'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "stats" -d 'Show what running systems use'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "logs" -d 'Show what a system printed on its console'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "enter" -d 'Open a shell in a running system, as its root logs in'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "passwd" -d 'Set a user\'s password in a system, or let a public key log in'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "exec" -d 'Run a command in a running system'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "device" -d 'Give a system folders, files and devices of the host, and take them away'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "push" -d 'Copy files from the host into a system'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "pull" -d 'Copy files from a system to the host'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "cp" -d 'Copy files between the host and a system, in either direction'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "mount" -d 'Show a stopped system\'s files at a path of the host'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "umount" -d 'Take away what mount shows'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "unmount" -d 'Take away what mount shows'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "destroy" -d 'Remove systems and everything that is their own'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "list" -d 'Show systems'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "status" -d 'Show the state of systems, in one line each'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "info" -d 'Show all that is configured of systems, and what they use'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "set" -d 'Change the configuration of systems, at once where the kernel can'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "port" -d 'Publish ports of systems at the host\'s addresses'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "network" -d 'See to what the networks of running systems share'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "label" -d 'Show, give and take labels, by which other verbs find systems'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "rename" -d 'Give a stopped system another name'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "config" -d 'Show, check and edit a system\'s configuration file'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "doctor" -d 'Look at this machine and at all systems for what is wrong, and say what to do'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "completion" -d 'Write a completion script for a shell'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "man" -d 'Write the manual page'
complete -c ctctl -n "__fish_ctctl_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and not __fish_seen_subcommand_from build validate import export verify list ls info inspect remove rm prune help" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and not __fish_seen_subcommand_from build validate import export verify list ls info inspect remove rm prune help" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and not __fish_seen_subcommand_from build validate import export verify list ls info inspect remove rm prune help" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and not __fish_seen_subcommand_from build validate import export verify list ls info inspect remove rm prune help" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and not __fish_seen_subcommand_from build validate import export verify list ls info inspect remove rm prune help" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and not __fish_seen_subcommand_from build validate import export verify list ls info inspect remove rm prune help" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and not __fish_seen_subcommand_from build validate import export verify list ls info inspect remove rm prune help" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and not __fish_seen_subcommand_from build validate import export verify list ls info inspect remove rm prune help" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and not __fish_seen_subcommand_from build validate import export verify list ls info inspect remove rm prune help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and not __fish_seen_subcommand_from build validate import export verify list ls info inspect remove rm prune help" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and not __fish_seen_subcommand_from build validate import export verify list ls info inspect remove rm prune help" -f -a "build" -d 'Build a template from a recipe: a shipped one, one of /etc/ctctl/templates, or a .toml file'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and not __fish_seen_subcommand_from build validate import export verify list ls info inspect remove rm prune help" -f -a "validate" -d 'Check a recipe without building it'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and not __fish_seen_subcommand_from build validate import export verify list ls info inspect remove rm prune help" -f -a "import" -d 'Make a template of a root file system in a tar archive, or of an OCI image (layout directory, oci-archive, docker-archive)'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and not __fish_seen_subcommand_from build validate import export verify list ls info inspect remove rm prune help" -f -a "export" -d 'Write a template for other programs: a root file system in an archive, or an OCI image'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and not __fish_seen_subcommand_from build validate import export verify list ls info inspect remove rm prune help" -f -a "verify" -d 'Check the files of a template\'s layers against what was put into the store'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and not __fish_seen_subcommand_from build validate import export verify list ls info inspect remove rm prune help" -f -a "list" -d 'Show all templates'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and not __fish_seen_subcommand_from build validate import export verify list ls info inspect remove rm prune help" -f -a "ls" -d 'Show all templates'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and not __fish_seen_subcommand_from build validate import export verify list ls info inspect remove rm prune help" -f -a "info" -d 'Show one template'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and not __fish_seen_subcommand_from build validate import export verify list ls info inspect remove rm prune help" -f -a "inspect" -d 'Show one template'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and not __fish_seen_subcommand_from build validate import export verify list ls info inspect remove rm prune help" -f -a "remove" -d 'Remove a template, and its layers that no system uses'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and not __fish_seen_subcommand_from build validate import export verify list ls info inspect remove rm prune help" -f -a "rm" -d 'Remove a template, and its layers that no system uses'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and not __fish_seen_subcommand_from build validate import export verify list ls info inspect remove rm prune help" -f -a "prune" -d 'Remove layers that neither a template nor a system uses'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and not __fish_seen_subcommand_from build validate import export verify list ls info inspect remove rm prune help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from build" -l on-error -d 'What becomes of the system in which a step failed' -r -f -a "clean\t'It is removed'
keep\t'It stays, to be started and looked at'
shell\t'A shell in it, then it is removed'"
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from build" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from build" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from build" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from build" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from build" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from build" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from build" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from build" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from build" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from build" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from validate" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from validate" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from validate" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from validate" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from validate" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from validate" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from validate" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from validate" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from validate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from validate" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from import" -s n -l name -d 'The template\'s name; the file\'s, without its endings, when absent' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from import" -l image -d 'Which image, where there are several' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from import" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from import" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from import" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from import" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from import" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from import" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from import" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from import" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from import" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from export" -l format -d 'What is written; by the file\'s name when absent: rootfs for .tar, .tar.gz and .tar.zst, oci-archive for .oci, else oci, which is a layout directory' -r -f -a "rootfs\t'The whole root file system in a tar archive'
oci\t'An OCI layout directory'
oci-archive\t'An OCI layout in an archive'"
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from export" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from export" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from export" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from export" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from export" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from export" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from export" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from export" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from export" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from verify" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from verify" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from verify" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from verify" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from verify" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from verify" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from verify" -s j -l json -d 'As JSON'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from verify" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from verify" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from verify" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from list" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from list" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from list" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from list" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from list" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from list" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from list" -s j -l json -d 'As JSON'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from list" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from list" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from ls" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from ls" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from ls" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from ls" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from ls" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from ls" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from ls" -s j -l json -d 'As JSON'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from ls" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from ls" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from ls" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from info" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from info" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from info" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from info" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from info" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from info" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from info" -s j -l json -d 'As JSON'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from info" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from info" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from info" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from info" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from inspect" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from inspect" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from inspect" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from inspect" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from inspect" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from inspect" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from inspect" -s j -l json -d 'As JSON'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from inspect" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from inspect" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from inspect" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from inspect" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from remove" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from remove" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from remove" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from remove" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from remove" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from remove" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from remove" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from remove" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from remove" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from rm" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from rm" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from rm" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from rm" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from rm" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from rm" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from rm" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from rm" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from rm" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from prune" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from prune" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from prune" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from prune" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from prune" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from prune" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from prune" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from prune" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from prune" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from help" -f -a "build" -d 'Build a template from a recipe: a shipped one, one of /etc/ctctl/templates, or a .toml file'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from help" -f -a "validate" -d 'Check a recipe without building it'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from help" -f -a "import" -d 'Make a template of a root file system in a tar archive, or of an OCI image (layout directory, oci-archive, docker-archive)'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from help" -f -a "export" -d 'Write a template for other programs: a root file system in an archive, or an OCI image'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Check the files of a template\'s layers against what was put into the store'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from help" -f -a "list" -d 'Show all templates'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from help" -f -a "info" -d 'Show one template'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from help" -f -a "remove" -d 'Remove a template, and its layers that no system uses'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from help" -f -a "prune" -d 'Remove layers that neither a template nor a system uses'
complete -c ctctl -n "__fish_ctctl_using_subcommand template; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ctctl -n "__fish_ctctl_using_subcommand create" -s t -l template -l ostemplate -d 'The template to make it from; ctctl template list shows them' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand create" -s f -l file -d 'A file with keys, such as ctctl config dump writes; - is standard input' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand create" -l ctid -d 'Its number, from 101 upwards; the next free one when absent' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand create" -l idmap -d 'Host ids of its users: auto (the default), BASE:SIZE, or host for no user namespace' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand create" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand create" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand create" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand create" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand create" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand create" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand create" -l allow-unsafe -d 'Also give capabilities that reach the host'
complete -c ctctl -n "__fish_ctctl_using_subcommand create" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand create" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand create" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand create" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand run" -l name -d 'The new system\'s name; made from the template\'s name when absent' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand run" -s s -l set -d 'Keys of its configuration, as for ctctl set' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand run" -s e -l env -d 'Add a variable to its environment' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand run" -l escape -d 'The key that leaves a command with a terminal running: ^ and a letter, or none' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand run" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand run" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand run" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand run" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand run" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand run" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand run" -l rm -d 'Destroy the system when the command has ended'
complete -c ctctl -n "__fish_ctctl_using_subcommand run" -s d -l detach -d 'Return when the command runs, and print the system\'s name'
complete -c ctctl -n "__fish_ctctl_using_subcommand run" -l init -d 'Have a small init as process 1, which runs the command, hands signals on and reaps orphans'
complete -c ctctl -n "__fish_ctctl_using_subcommand run" -l allow-unsafe -d 'Also give capabilities that reach the host'
complete -c ctctl -n "__fish_ctctl_using_subcommand run" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand run" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand run" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand start" -s l -l label -d 'Every system with this label; given again, with all of them' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand start" -s w -l wait -d 'Return when the system says that it is ready, as systemd does at its default target; fail after SECONDS' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand start" -l escape -d 'The key that leaves the console: ^ and a letter for control and that letter, or none' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand start" -s p -l pid-file -d 'Write the number of its first process on the host to this file' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand start" -s s -l set -d 'A key for this once, which is not saved' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand start" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand start" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand start" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand start" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand start" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand start" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand start" -l all -d 'Every system'
complete -c ctctl -n "__fish_ctctl_using_subcommand start" -s F -l foreground -d 'Stay with its console until it ends, and end with its exit code; Ctrl-] leaves it running'
complete -c ctctl -n "__fish_ctctl_using_subcommand start" -l force -d 'Although it is disabled'
complete -c ctctl -n "__fish_ctctl_using_subcommand start" -l allow-unsafe -d 'Also give capabilities that reach the host'
complete -c ctctl -n "__fish_ctctl_using_subcommand start" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand start" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand start" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand start" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand stop" -s l -l label -d 'Every system with this label; given again, with all of them' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand stop" -s t -l timeout -d 'Seconds until it is killed; its stop_timeout when absent' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand stop" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand stop" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand stop" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand stop" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand stop" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand stop" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand stop" -l all -d 'Every system'
complete -c ctctl -n "__fish_ctctl_using_subcommand stop" -s k -l kill -d 'Kill it at once'
complete -c ctctl -n "__fish_ctctl_using_subcommand stop" -l for-shutdown -d 'Since the host goes down: it runs again after the host\'s boot'
complete -c ctctl -n "__fish_ctctl_using_subcommand stop" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand stop" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand stop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand stop" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand restart" -s l -l label -d 'Every system with this label; given again, with all of them' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand restart" -s w -l wait -d 'Return when the system says that it is ready, as systemd does at its default target; fail after SECONDS' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand restart" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand restart" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand restart" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand restart" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand restart" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand restart" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand restart" -l all -d 'Every system'
complete -c ctctl -n "__fish_ctctl_using_subcommand restart" -l force -d 'Although it is disabled'
complete -c ctctl -n "__fish_ctctl_using_subcommand restart" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand restart" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand restart" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand restart" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand kill" -s l -l label -d 'Every system with this label; given again, with all of them' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand kill" -s s -l signal -d 'The signal: a name, with SIG or without, or a number; KILL when absent' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand kill" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand kill" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand kill" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand kill" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand kill" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand kill" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand kill" -l all -d 'Every system'
complete -c ctctl -n "__fish_ctctl_using_subcommand kill" -s p -l processes -d 'To all processes of each system'
complete -c ctctl -n "__fish_ctctl_using_subcommand kill" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand kill" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand kill" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand kill" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand pause" -s l -l label -d 'Every system with this label; given again, with all of them' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand pause" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand pause" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand pause" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand pause" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand pause" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand pause" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand pause" -l all -d 'Every system'
complete -c ctctl -n "__fish_ctctl_using_subcommand pause" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand pause" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand pause" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand pause" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand freeze" -s l -l label -d 'Every system with this label; given again, with all of them' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand freeze" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand freeze" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand freeze" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand freeze" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand freeze" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand freeze" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand freeze" -l all -d 'Every system'
complete -c ctctl -n "__fish_ctctl_using_subcommand freeze" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand freeze" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand freeze" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand freeze" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand unpause" -s l -l label -d 'Every system with this label; given again, with all of them' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand unpause" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand unpause" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand unpause" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand unpause" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand unpause" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand unpause" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand unpause" -l all -d 'Every system'
complete -c ctctl -n "__fish_ctctl_using_subcommand unpause" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand unpause" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand unpause" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand unpause" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand unfreeze" -s l -l label -d 'Every system with this label; given again, with all of them' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand unfreeze" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand unfreeze" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand unfreeze" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand unfreeze" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand unfreeze" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand unfreeze" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand unfreeze" -l all -d 'Every system'
complete -c ctctl -n "__fish_ctctl_using_subcommand unfreeze" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand unfreeze" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand unfreeze" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand unfreeze" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand resume" -s l -l label -d 'Every system with this label; given again, with all of them' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand resume" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand resume" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand resume" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand resume" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand resume" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand resume" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand resume" -l all -d 'Every system'
complete -c ctctl -n "__fish_ctctl_using_subcommand resume" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand resume" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand resume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand resume" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand wait" -s l -l label -d 'Every system with this label; given again, with all of them' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand wait" -s s -l state -d 'The states of which one is enough' -r -f -a "stopped\t'Nothing of it runs'
running\t'It runs, and is not paused'
frozen\t'It is frozen'"
complete -c ctctl -n "__fish_ctctl_using_subcommand wait" -s t -l timeout -d 'Seconds to wait at most; the exit code is 1 when they are over' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand wait" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand wait" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand wait" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand wait" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand wait" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand wait" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand wait" -l all -d 'Every system'
complete -c ctctl -n "__fish_ctctl_using_subcommand wait" -s j -l json -d 'As JSON'
complete -c ctctl -n "__fish_ctctl_using_subcommand wait" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand wait" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand wait" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand wait" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand console" -s e -l escape -d 'The key that leaves the console: ^ and a letter for control and that letter, or none' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand console" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand console" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand console" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand console" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand console" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand console" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand console" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand console" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand console" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand console" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand autostart" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand autostart" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand autostart" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand autostart" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand autostart" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand autostart" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand autostart" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand autostart" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand autostart" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand autostart" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand boot" -s p -l parallel -d 'Start so many at a time; as many as there are processors when absent' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand boot" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand boot" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand boot" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand boot" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand boot" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand boot" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand boot" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand boot" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand boot" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand boot" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand shutdown" -s p -l parallel -d 'Stop so many at a time' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand shutdown" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand shutdown" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand shutdown" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand shutdown" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand shutdown" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand shutdown" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand shutdown" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand shutdown" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand shutdown" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand shutdown" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand events" -l since -d 'From this moment on: 30s, 10m, 2h or 1d before now, 2026-01-31T12:00 in UTC, or @SECONDS since 1970' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand events" -s e -l event -d 'These events alone' -r -f -a "created\t''
started\t''
ready\t''
restarted\t''
paused\t''
unpaused\t''
oom\t''
set\t''
renamed\t''
stopped\t''
destroyed\t''"
complete -c ctctl -n "__fish_ctctl_using_subcommand events" -s n -l tail -d 'The last events alone' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand events" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand events" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand events" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand events" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand events" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand events" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand events" -s f -l follow -d 'Go on with what happens from now on'
complete -c ctctl -n "__fish_ctctl_using_subcommand events" -s j -l json -d 'As JSON, one object a line'
complete -c ctctl -n "__fish_ctctl_using_subcommand events" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand events" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand events" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand events" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand stats" -s l -l label -d 'Every system with this label; given again, with all of them' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand stats" -s i -l interval -d 'The seconds between two readings' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand stats" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand stats" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand stats" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand stats" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand stats" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand stats" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand stats" -l all -d 'Every system'
complete -c ctctl -n "__fish_ctctl_using_subcommand stats" -l stream -d 'Again and again; this is the default on a terminal'
complete -c ctctl -n "__fish_ctctl_using_subcommand stats" -l no-stream -d 'Once'
complete -c ctctl -n "__fish_ctctl_using_subcommand stats" -s j -l json -d 'As JSON: an array; with --stream one array a line'
complete -c ctctl -n "__fish_ctctl_using_subcommand stats" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand stats" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand stats" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand stats" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand logs" -s n -l tail -d 'The last lines alone' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand logs" -l since -d 'What was printed since then alone, to the second: 90s, 10m, 2h or 1d ago, or @SECONDS since 1970' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand logs" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand logs" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand logs" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand logs" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand logs" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand logs" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand logs" -s f -l follow -d 'Go on with what is printed from now on, until the system has stopped'
complete -c ctctl -n "__fish_ctctl_using_subcommand logs" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand logs" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand logs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand logs" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand enter" -s u -l user -d 'Run it as this user of the system, and with this group: names or numbers' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand enter" -s e -l env -d 'Add a variable to its environment' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand enter" -l keep-var -d 'Give it this variable of the caller\'s' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand enter" -l timeout -d 'Kill it, and what it started, after so many seconds; the exit code is 10 then' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand enter" -l ns -d 'Join only these of the system\'s namespaces: net, uts, ipc, cgroup, pid, mount, user' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand enter" -l exec -d 'A command for the shell, instead of what is typed' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand enter" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand enter" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand enter" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand enter" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand enter" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand enter" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand enter" -l clear-env -d 'Give it none of the variables that the configuration has'
complete -c ctctl -n "__fish_ctctl_using_subcommand enter" -l keep-env -d 'Give it the caller\'s variables, but for those that every command in the system has'
complete -c ctctl -n "__fish_ctctl_using_subcommand enter" -l elevated -d 'Give it all capabilities, without the system\'s seccomp filter and limits'
complete -c ctctl -n "__fish_ctctl_using_subcommand enter" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand enter" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand enter" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand enter" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand passwd" -l ssh-key -d 'Let the public keys of this file log in by ssh, and leave the password as it is' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand passwd" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand passwd" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand passwd" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand passwd" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand passwd" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand passwd" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand passwd" -l create -d 'Make the user, with a home directory, if there is none'
complete -c ctctl -n "__fish_ctctl_using_subcommand passwd" -l crypted -d 'What is read is a hash already, as crypt(3) makes them'
complete -c ctctl -n "__fish_ctctl_using_subcommand passwd" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand passwd" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand passwd" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand passwd" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand exec" -s w -l cwd -l workdir -d 'Run it in this directory' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand exec" -s u -l user -d 'Run it as this user of the system, and with this group: names or numbers' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand exec" -s e -l env -d 'Add a variable to its environment' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand exec" -l keep-var -d 'Give it this variable of the caller\'s' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand exec" -l timeout -d 'Kill it, and what it started, after so many seconds; the exit code is 10 then' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand exec" -l ns -d 'Join only these of the system\'s namespaces: net, uts, ipc, cgroup, pid, mount, user' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand exec" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand exec" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand exec" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand exec" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand exec" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand exec" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand exec" -s t -l tty -d 'Give the command a terminal'
complete -c ctctl -n "__fish_ctctl_using_subcommand exec" -s T -l no-tty -d 'Give the command no terminal, which is the default'
complete -c ctctl -n "__fish_ctctl_using_subcommand exec" -l clear-env -d 'Give it none of the variables that the configuration has'
complete -c ctctl -n "__fish_ctctl_using_subcommand exec" -l keep-env -d 'Give it the caller\'s variables, but for those that every command in the system has'
complete -c ctctl -n "__fish_ctctl_using_subcommand exec" -l elevated -d 'Give it all capabilities, without the system\'s seccomp filter and limits'
complete -c ctctl -n "__fish_ctctl_using_subcommand exec" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand exec" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand exec" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand exec" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and not __fish_seen_subcommand_from add set rm remove ls list help" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and not __fish_seen_subcommand_from add set rm remove ls list help" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and not __fish_seen_subcommand_from add set rm remove ls list help" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and not __fish_seen_subcommand_from add set rm remove ls list help" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and not __fish_seen_subcommand_from add set rm remove ls list help" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and not __fish_seen_subcommand_from add set rm remove ls list help" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and not __fish_seen_subcommand_from add set rm remove ls list help" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and not __fish_seen_subcommand_from add set rm remove ls list help" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and not __fish_seen_subcommand_from add set rm remove ls list help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and not __fish_seen_subcommand_from add set rm remove ls list help" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and not __fish_seen_subcommand_from add set rm remove ls list help" -f -a "add" -d 'Give a device, at once in a running system'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and not __fish_seen_subcommand_from add set rm remove ls list help" -f -a "set" -d 'Change a device, at once in a running system: it is taken away and given again'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and not __fish_seen_subcommand_from add set rm remove ls list help" -f -a "rm" -d 'Take a device away, at once from a running system'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and not __fish_seen_subcommand_from add set rm remove ls list help" -f -a "remove" -d 'Take a device away, at once from a running system'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and not __fish_seen_subcommand_from add set rm remove ls list help" -f -a "ls" -d 'Show a system\'s devices'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and not __fish_seen_subcommand_from add set rm remove ls list help" -f -a "list" -d 'Show a system\'s devices'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and not __fish_seen_subcommand_from add set rm remove ls list help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from add" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from add" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from add" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from add" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from add" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from add" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from add" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from add" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from add" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from set" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from set" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from set" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from set" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from set" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from set" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from set" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from set" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from set" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from rm" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from rm" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from rm" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from rm" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from rm" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from rm" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from rm" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from rm" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from rm" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from remove" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from remove" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from remove" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from remove" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from remove" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from remove" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from remove" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from remove" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from remove" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from remove" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from ls" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from ls" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from ls" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from ls" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from ls" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from ls" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from ls" -s j -l json -d 'As JSON'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from ls" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from ls" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from ls" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from list" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from list" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from list" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from list" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from list" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from list" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from list" -s j -l json -d 'As JSON'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from list" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from list" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from help" -f -a "add" -d 'Give a device, at once in a running system'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from help" -f -a "set" -d 'Change a device, at once in a running system: it is taken away and given again'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from help" -f -a "rm" -d 'Take a device away, at once from a running system'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from help" -f -a "ls" -d 'Show a system\'s devices'
complete -c ctctl -n "__fish_ctctl_using_subcommand device; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ctctl -n "__fish_ctctl_using_subcommand push" -l owner -d 'Give the copies to this user and group, by number' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand push" -l mode -d 'The permissions of the copy, in octal' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand push" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand push" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand push" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand push" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand push" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand push" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand push" -s r -l recursive -d 'Copy whole trees, with owners, permissions, times, attributes, holes and hard links'
complete -c ctctl -n "__fish_ctctl_using_subcommand push" -s p -l parents -d 'Make the folders of the destination'
complete -c ctctl -n "__fish_ctctl_using_subcommand push" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand push" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand push" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand push" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand pull" -l owner -d 'Give the copies to this user and group, by number' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand pull" -l mode -d 'The permissions of the copy, in octal' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand pull" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand pull" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand pull" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand pull" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand pull" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand pull" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand pull" -s r -l recursive -d 'Copy whole trees, with owners, permissions, times, attributes, holes and hard links'
complete -c ctctl -n "__fish_ctctl_using_subcommand pull" -s p -l parents -d 'Make the folders of the destination'
complete -c ctctl -n "__fish_ctctl_using_subcommand pull" -l set-id -d 'Keep set-user-id and set-group-id bits and capabilities of files'
complete -c ctctl -n "__fish_ctctl_using_subcommand pull" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand pull" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand pull" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand pull" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand cp" -l owner -d 'Give the copies to this user and group, by number' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand cp" -l mode -d 'The permissions of the copy, in octal' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand cp" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand cp" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand cp" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand cp" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand cp" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand cp" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand cp" -s r -l recursive -d 'Copy whole trees, with owners, permissions, times, attributes, holes and hard links'
complete -c ctctl -n "__fish_ctctl_using_subcommand cp" -s p -l parents -d 'Make the folders of the destination'
complete -c ctctl -n "__fish_ctctl_using_subcommand cp" -l set-id -d 'Out of a system, keep set-user-id and set-group-id bits and capabilities of files'
complete -c ctctl -n "__fish_ctctl_using_subcommand cp" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand cp" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand cp" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand cp" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand mount" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand mount" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand mount" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand mount" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand mount" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand mount" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand mount" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand mount" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand mount" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand mount" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand umount" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand umount" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand umount" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand umount" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand umount" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand umount" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand umount" -s l -l lazy -d 'Also while somebody uses it: it is gone for all others at once, and for them when they leave'
complete -c ctctl -n "__fish_ctctl_using_subcommand umount" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand umount" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand umount" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand umount" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand unmount" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand unmount" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand unmount" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand unmount" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand unmount" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand unmount" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand unmount" -s l -l lazy -d 'Also while somebody uses it: it is gone for all others at once, and for them when they leave'
complete -c ctctl -n "__fish_ctctl_using_subcommand unmount" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand unmount" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand unmount" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand unmount" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand destroy" -s l -l label -d 'Every system with this label; given again, with all of them' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand destroy" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand destroy" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand destroy" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand destroy" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand destroy" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand destroy" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand destroy" -l all -d 'Every system'
complete -c ctctl -n "__fish_ctctl_using_subcommand destroy" -s f -l force -d 'Kill those that run first'
complete -c ctctl -n "__fish_ctctl_using_subcommand destroy" -s y -l yes -d 'Do not ask whether all systems that a pattern, a label or --all means are to go'
complete -c ctctl -n "__fish_ctctl_using_subcommand destroy" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand destroy" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand destroy" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand destroy" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand list" -s l -l label -d 'Every system with this label; given again, with all of them' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand list" -s o -s F -l output -d 'These fields; --fields shows all' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand list" -s s -l sort -d 'Sorted by this field; with - before it the other way around' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand list" -s N -l name-filter -l filter -d 'Systems with such a name: a pattern, or a regular expression' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand list" -s h -l hostname -d 'Systems with such a host name' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand list" -s d -l description -d 'Systems with such a description' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand list" -s i -l ip -d 'Systems with such an address' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand list" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand list" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand list" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand list" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand list" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand list" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand list" -l all -d 'Every system'
complete -c ctctl -n "__fish_ctctl_using_subcommand list" -s j -l json -d 'As JSON'
complete -c ctctl -n "__fish_ctctl_using_subcommand list" -s a -d 'All systems, whatever they do: this is the default'
complete -c ctctl -n "__fish_ctctl_using_subcommand list" -l running -l active -d 'Systems that run'
complete -c ctctl -n "__fish_ctctl_using_subcommand list" -s S -l stopped -d 'Systems that do not run'
complete -c ctctl -n "__fish_ctctl_using_subcommand list" -l frozen -l paused -d 'Systems that are paused'
complete -c ctctl -n "__fish_ctctl_using_subcommand list" -s n -l name -d 'With the name in the place of the host name'
complete -c ctctl -n "__fish_ctctl_using_subcommand list" -s H -l no-header -d 'Without the heading'
complete -c ctctl -n "__fish_ctctl_using_subcommand list" -s t -l no-trim -d 'Values whole; without it they are cut at 60 signs on a terminal'
complete -c ctctl -n "__fish_ctctl_using_subcommand list" -s 1 -d 'Names alone, one a line'
complete -c ctctl -n "__fish_ctctl_using_subcommand list" -s f -l fancy -d 'As a table: this is the default'
complete -c ctctl -n "__fish_ctctl_using_subcommand list" -s L -l fields -d 'Show the fields that there are'
complete -c ctctl -n "__fish_ctctl_using_subcommand list" -l help -d 'Print help'
complete -c ctctl -n "__fish_ctctl_using_subcommand list" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand list" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand list" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand status" -s l -l label -d 'Every system with this label; given again, with all of them' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand status" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand status" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand status" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand status" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand status" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand status" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand status" -l all -d 'Every system'
complete -c ctctl -n "__fish_ctctl_using_subcommand status" -s j -l json -d 'As JSON: an object, or an array of them for several systems'
complete -c ctctl -n "__fish_ctctl_using_subcommand status" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand status" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand status" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand info" -s l -l label -d 'Every system with this label; given again, with all of them' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand info" -s o -l output -d 'These alone: keys of the configuration, or name, status, pid, ip, files, memory.current, pids.current, cpu.usage' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand info" -s c -l config -d 'The value of this key alone' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand info" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand info" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand info" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand info" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand info" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand info" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand info" -l all -d 'Every system'
complete -c ctctl -n "__fish_ctctl_using_subcommand info" -s s -l state -d 'The state alone'
complete -c ctctl -n "__fish_ctctl_using_subcommand info" -s p -l pid -d 'The number of the first process alone'
complete -c ctctl -n "__fish_ctctl_using_subcommand info" -s i -l ips -d 'The addresses inside alone'
complete -c ctctl -n "__fish_ctctl_using_subcommand info" -s S -l stats -d 'What it uses alone'
complete -c ctctl -n "__fish_ctctl_using_subcommand info" -s H -l raw -d 'Sizes as numbers of bytes'
complete -c ctctl -n "__fish_ctctl_using_subcommand info" -s j -l json -d 'As JSON: an object, or an array of them for several systems'
complete -c ctctl -n "__fish_ctctl_using_subcommand info" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand info" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand info" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand info" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand set" -s l -l label -d 'Every system with this label; given again, with all of them' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand set" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand set" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand set" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand set" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand set" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand set" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand set" -l all -d 'Every system'
complete -c ctctl -n "__fish_ctctl_using_subcommand set" -l runtime -d 'Change the running system alone'
complete -c ctctl -n "__fish_ctctl_using_subcommand set" -l save -d 'Change the configuration alone'
complete -c ctctl -n "__fish_ctctl_using_subcommand set" -l allow-unsafe -d 'Also give capabilities that reach the host'
complete -c ctctl -n "__fish_ctctl_using_subcommand set" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand set" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand set" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand set" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and not __fish_seen_subcommand_from add ls list rm help" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and not __fish_seen_subcommand_from add ls list rm help" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and not __fish_seen_subcommand_from add ls list rm help" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and not __fish_seen_subcommand_from add ls list rm help" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and not __fish_seen_subcommand_from add ls list rm help" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and not __fish_seen_subcommand_from add ls list rm help" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and not __fish_seen_subcommand_from add ls list rm help" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and not __fish_seen_subcommand_from add ls list rm help" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and not __fish_seen_subcommand_from add ls list rm help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and not __fish_seen_subcommand_from add ls list rm help" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and not __fish_seen_subcommand_from add ls list rm help" -f -a "add" -d 'Publish a port'
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and not __fish_seen_subcommand_from add ls list rm help" -f -a "ls" -d 'List published ports, of all systems or of one'
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and not __fish_seen_subcommand_from add ls list rm help" -f -a "list" -d 'List published ports, of all systems or of one'
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and not __fish_seen_subcommand_from add ls list rm help" -f -a "rm" -d 'Publish a port no more'
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and not __fish_seen_subcommand_from add ls list rm help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from add" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from add" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from add" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from add" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from add" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from add" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from add" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from add" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from add" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from add" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from ls" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from ls" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from ls" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from ls" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from ls" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from ls" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from ls" -s j -l json -d 'As JSON'
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from ls" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from ls" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from ls" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from list" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from list" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from list" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from list" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from list" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from list" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from list" -s j -l json -d 'As JSON'
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from list" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from list" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from list" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from rm" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from rm" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from rm" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from rm" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from rm" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from rm" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from rm" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from rm" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from rm" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from help" -f -a "add" -d 'Publish a port'
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from help" -f -a "ls" -d 'List published ports, of all systems or of one'
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from help" -f -a "rm" -d 'Publish a port no more'
complete -c ctctl -n "__fish_ctctl_using_subcommand port; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ctctl -n "__fish_ctctl_using_subcommand network; and not __fish_seen_subcommand_from repair help" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand network; and not __fish_seen_subcommand_from repair help" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand network; and not __fish_seen_subcommand_from repair help" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand network; and not __fish_seen_subcommand_from repair help" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand network; and not __fish_seen_subcommand_from repair help" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand network; and not __fish_seen_subcommand_from repair help" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand network; and not __fish_seen_subcommand_from repair help" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand network; and not __fish_seen_subcommand_from repair help" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand network; and not __fish_seen_subcommand_from repair help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand network; and not __fish_seen_subcommand_from repair help" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand network; and not __fish_seen_subcommand_from repair help" -f -a "repair" -d 'Put back what somebody took away: the bridge, rules of the firewall, routes, the server of names'
complete -c ctctl -n "__fish_ctctl_using_subcommand network; and not __fish_seen_subcommand_from repair help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ctctl -n "__fish_ctctl_using_subcommand network; and __fish_seen_subcommand_from repair" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand network; and __fish_seen_subcommand_from repair" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand network; and __fish_seen_subcommand_from repair" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand network; and __fish_seen_subcommand_from repair" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand network; and __fish_seen_subcommand_from repair" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand network; and __fish_seen_subcommand_from repair" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand network; and __fish_seen_subcommand_from repair" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand network; and __fish_seen_subcommand_from repair" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand network; and __fish_seen_subcommand_from repair" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand network; and __fish_seen_subcommand_from repair" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand network; and __fish_seen_subcommand_from help" -f -a "repair" -d 'Put back what somebody took away: the bridge, rules of the firewall, routes, the server of names'
complete -c ctctl -n "__fish_ctctl_using_subcommand network; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ctctl -n "__fish_ctctl_using_subcommand label" -s l -l label -d 'Every system with this label; given again, with all of them' -r
complete -c ctctl -n "__fish_ctctl_using_subcommand label" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand label" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand label" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand label" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand label" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand label" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand label" -l all -d 'Every system'
complete -c ctctl -n "__fish_ctctl_using_subcommand label" -s j -l json -d 'As JSON'
complete -c ctctl -n "__fish_ctctl_using_subcommand label" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand label" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand label" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand label" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand rename" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand rename" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand rename" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand rename" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand rename" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand rename" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand rename" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand rename" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand rename" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand rename" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and not __fish_seen_subcommand_from show get diff dump validate edit help" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and not __fish_seen_subcommand_from show get diff dump validate edit help" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and not __fish_seen_subcommand_from show get diff dump validate edit help" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and not __fish_seen_subcommand_from show get diff dump validate edit help" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and not __fish_seen_subcommand_from show get diff dump validate edit help" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and not __fish_seen_subcommand_from show get diff dump validate edit help" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and not __fish_seen_subcommand_from show get diff dump validate edit help" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and not __fish_seen_subcommand_from show get diff dump validate edit help" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and not __fish_seen_subcommand_from show get diff dump validate edit help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and not __fish_seen_subcommand_from show get diff dump validate edit help" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and not __fish_seen_subcommand_from show get diff dump validate edit help" -f -a "show" -d 'Print the file as it is'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and not __fish_seen_subcommand_from show get diff dump validate edit help" -f -a "get" -d 'Print values of keys'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and not __fish_seen_subcommand_from show get diff dump validate edit help" -f -a "diff" -d 'Show in which keys a system is unlike its template, another system, or a file'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and not __fish_seen_subcommand_from show get diff dump validate edit help" -f -a "dump" -d 'Print all that makes a system like this one, for ctctl create --file'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and not __fish_seen_subcommand_from show get diff dump validate edit help" -f -a "validate" -d 'Check the file, after an edit by hand'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and not __fish_seen_subcommand_from show get diff dump validate edit help" -f -a "edit" -d 'Open a copy of the file in $VISUAL or $EDITOR, and put it in place when it is right'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and not __fish_seen_subcommand_from show get diff dump validate edit help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from show" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from show" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from show" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from show" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from show" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from show" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from show" -s e -l expanded -d 'Every key, with the value that holds and where it comes from: default, template, or file'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from show" -s j -l json -d 'With --expanded, as JSON'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from show" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from show" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from show" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from get" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from get" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from get" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from get" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from get" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from get" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from get" -s j -l json -d 'As JSON: an object'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from get" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from get" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from get" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from get" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from diff" -s j -l json -d 'As JSON: an array'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from diff" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from diff" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from diff" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from dump" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from dump" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from dump" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from validate" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from validate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from validate" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from edit" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from edit" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from edit" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from edit" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from edit" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from edit" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from edit" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from edit" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from edit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from edit" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "show" -d 'Print the file as it is'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "get" -d 'Print values of keys'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "diff" -d 'Show in which keys a system is unlike its template, another system, or a file'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "dump" -d 'Print all that makes a system like this one, for ctctl create --file'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "validate" -d 'Check the file, after an edit by hand'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "edit" -d 'Open a copy of the file in $VISUAL or $EDITOR, and put it in place when it is right'
complete -c ctctl -n "__fish_ctctl_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ctctl -n "__fish_ctctl_using_subcommand doctor" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand doctor" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand doctor" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand doctor" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand doctor" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand doctor" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand doctor" -l fix -d 'Repair what can be repaired without a loss'
complete -c ctctl -n "__fish_ctctl_using_subcommand doctor" -s b -l brief -d 'What is not good alone'
complete -c ctctl -n "__fish_ctctl_using_subcommand doctor" -s j -l json -d 'As JSON'
complete -c ctctl -n "__fish_ctctl_using_subcommand doctor" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand doctor" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand doctor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand doctor" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand completion" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand completion" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand completion" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand completion" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand completion" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand completion" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand completion" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand completion" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand completion" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand completion" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand man" -l config-dir -d 'Configuration [env: CTCTL_CONFIG] [default: /etc/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand man" -l data-dir -d 'Templates and the files of systems [env: CTCTL_DATA] [default: /var/lib/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand man" -l run-dir -d 'Run state, sockets and locks [env: CTCTL_RUN] [default: /run/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand man" -l log-dir -d 'Console logs [env: CTCTL_LOG] [default: /var/log/ctctl]' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand man" -l log-file -d 'Add messages to this file too, with their time' -r -F
complete -c ctctl -n "__fish_ctctl_using_subcommand man" -l log-level -d 'How much goes to the log file, whatever is said on standard error' -r -f -a "error\t'What went wrong'
info\t'And what is worth knowing of what was done'
debug\t'And each step'"
complete -c ctctl -n "__fish_ctctl_using_subcommand man" -l quiet -d 'Say nothing on standard error but what went wrong'
complete -c ctctl -n "__fish_ctctl_using_subcommand man" -l verbose -d 'Say each step on standard error'
complete -c ctctl -n "__fish_ctctl_using_subcommand man" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ctctl -n "__fish_ctctl_using_subcommand man" -s V -l version -d 'Print version'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "template" -d 'Build, list, show and remove templates'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "create" -d 'Make a system from a template'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "run" -d 'Run one application in a new system: create, start, attach'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "start" -d 'Start systems'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "stop" -d 'Stop systems in order, and kill those that take too long'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "restart" -d 'Stop systems and start them again'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "kill" -d 'Send a signal to the first process of systems'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "pause" -d 'Freeze all processes of running systems'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "unpause" -d 'Let the processes of paused systems go on'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "wait" -d 'Wait until systems have stopped, or are in another state'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "console" -d 'Attend a system\'s console: see what it printed last, and type'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "autostart" -d 'Start a system when the host boots, or not'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "boot" -d 'Start the systems that are to run when the host boots'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "shutdown" -d 'Stop all systems, since the host goes down'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "events" -d 'Show what happens to systems: starts, ends, changes'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "stats" -d 'Show what running systems use'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "logs" -d 'Show what a system printed on its console'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "enter" -d 'Open a shell in a running system, as its root logs in'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "passwd" -d 'Set a user\'s password in a system, or let a public key log in'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "exec" -d 'Run a command in a running system'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "device" -d 'Give a system folders, files and devices of the host, and take them away'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "push" -d 'Copy files from the host into a system'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "pull" -d 'Copy files from a system to the host'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "cp" -d 'Copy files between the host and a system, in either direction'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "mount" -d 'Show a stopped system\'s files at a path of the host'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "umount" -d 'Take away what mount shows'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "destroy" -d 'Remove systems and everything that is their own'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "list" -d 'Show systems'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "status" -d 'Show the state of systems, in one line each'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "info" -d 'Show all that is configured of systems, and what they use'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "set" -d 'Change the configuration of systems, at once where the kernel can'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "port" -d 'Publish ports of systems at the host\'s addresses'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "network" -d 'See to what the networks of running systems share'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "label" -d 'Show, give and take labels, by which other verbs find systems'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "rename" -d 'Give a stopped system another name'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "config" -d 'Show, check and edit a system\'s configuration file'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "doctor" -d 'Look at this machine and at all systems for what is wrong, and say what to do'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "completion" -d 'Write a completion script for a shell'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "man" -d 'Write the manual page'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and not __fish_seen_subcommand_from template create run start stop restart kill pause unpause wait console autostart boot shutdown events stats logs enter passwd exec device push pull cp mount umount destroy list status info set port network label rename config doctor completion man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and __fish_seen_subcommand_from template" -f -a "build" -d 'Build a template from a recipe: a shipped one, one of /etc/ctctl/templates, or a .toml file'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and __fish_seen_subcommand_from template" -f -a "validate" -d 'Check a recipe without building it'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and __fish_seen_subcommand_from template" -f -a "import" -d 'Make a template of a root file system in a tar archive, or of an OCI image (layout directory, oci-archive, docker-archive)'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and __fish_seen_subcommand_from template" -f -a "export" -d 'Write a template for other programs: a root file system in an archive, or an OCI image'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and __fish_seen_subcommand_from template" -f -a "verify" -d 'Check the files of a template\'s layers against what was put into the store'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and __fish_seen_subcommand_from template" -f -a "list" -d 'Show all templates'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and __fish_seen_subcommand_from template" -f -a "info" -d 'Show one template'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and __fish_seen_subcommand_from template" -f -a "remove" -d 'Remove a template, and its layers that no system uses'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and __fish_seen_subcommand_from template" -f -a "prune" -d 'Remove layers that neither a template nor a system uses'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and __fish_seen_subcommand_from device" -f -a "add" -d 'Give a device, at once in a running system'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and __fish_seen_subcommand_from device" -f -a "set" -d 'Change a device, at once in a running system: it is taken away and given again'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and __fish_seen_subcommand_from device" -f -a "rm" -d 'Take a device away, at once from a running system'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and __fish_seen_subcommand_from device" -f -a "ls" -d 'Show a system\'s devices'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and __fish_seen_subcommand_from port" -f -a "add" -d 'Publish a port'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and __fish_seen_subcommand_from port" -f -a "ls" -d 'List published ports, of all systems or of one'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and __fish_seen_subcommand_from port" -f -a "rm" -d 'Publish a port no more'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and __fish_seen_subcommand_from network" -f -a "repair" -d 'Put back what somebody took away: the bridge, rules of the firewall, routes, the server of names'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "show" -d 'Print the file as it is'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "get" -d 'Print values of keys'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "diff" -d 'Show in which keys a system is unlike its template, another system, or a file'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "dump" -d 'Print all that makes a system like this one, for ctctl create --file'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "validate" -d 'Check the file, after an edit by hand'
complete -c ctctl -n "__fish_ctctl_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "edit" -d 'Open a copy of the file in $VISUAL or $EDITOR, and put it in place when it is right'

import Glibc

let status = BenchCommand.run(Array(CommandLine.arguments.dropFirst()))
exit(status)

import Glibc
import Workbench

let status = Program.run(Array(CommandLine.arguments.dropFirst()))
exit(status)

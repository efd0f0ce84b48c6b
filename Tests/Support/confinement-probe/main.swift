// Puts itself under a role's confinement and then tries what the role must not do. The tests start it, a fresh
// process each time, because confinement cannot be taken off again.
//
//   confinement-probe wx CONFINEMENT MECHANISM      one way to executable memory
//   confinement-probe calls ROLE                    each call of standard input under the role's filter alone
//   confinement-probe open ROLE FLAGS PATH [WRITABLE…]
//   confinement-probe hold ROLE                     confined, then "ready", then nothing until killed
//   confinement-probe work                          what a parser does, in the admission jail
//   confinement-probe report ROLE                   confined, then the report's message, in hexadecimal
//   confinement-probe alias MAPPING                 confinement of a process that holds a forbidden mapping
//   confinement-probe orphan                        confinement by a process whose parent is another than it expects
//   confinement-probe parent                        forks a jailed child, tells its id, and ends when a line arrives
//   confinement-probe threads                       confinement of a process with two threads
//   confinement-probe time ROLE COUNT               nanoseconds per step, the median of COUNT forks
internal import CConfinementProbe
internal import Confinement
internal import Linux

probe_unblock_signals()
let arguments = Array(CommandLine.arguments.dropFirst())
switch arguments.first {
case "wx": wx(confinement: arguments[1], mechanism: arguments[2])
case "calls": answerCalls(role: arguments[1])
case "open":
    open(
        role: arguments[1], flags: Int32(arguments[2]) ?? 0, path: arguments[3], writable: Array(arguments.dropFirst(4))
    )
case "hold": hold(role: arguments[1])
case "work": work()
case "report": report(role: arguments[1])
case "alias": alias(arguments[1])
case "orphan": orphan()
case "parent": parent()
case "threads": threads()
case "time": time(role: arguments[1], count: Int(arguments[2]) ?? 1)
default: fail("unknown command")
}

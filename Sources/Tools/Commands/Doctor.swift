package import ArgumentParser
internal import Confinement

/// `ringfence doctor`: what this host offers, what each fact means, and what to do about it.
package struct Doctor: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Show whether this host can run programs in a guest, and what protects it.",
        discussion: """
            Asks the kernel itself; assumes nothing. Each finding has a name, a state, what it means and what to do.

            States: ok; missing (the tier interp-guest needs it); weaker (it works, with less depth);
            note (worth knowing); unknown (could not be read, and is not assumed).

            Exit status: 0 if this host can run the tier interp-guest, 1 if not.

            EXAMPLES
              ringfence doctor
              ringfence doctor --json | jq '.findings[] | select(.state != "ok")'
            """)

    @Flag(help: "Print JSON instead of a table.")
    package var json = false

    package init() {}

    package func run() throws {
        let report = DoctorReport(.ofThisHost())
        print(json ? report.json : report.table)
        if !report.runsGuests { throw ExitCode(1) }
    }
}

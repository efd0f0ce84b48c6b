package import ArgumentParser
internal import Confinement

/// `ringfence doctor`: what this host offers, what each fact means, and what to do about it.
package struct Doctor: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Show whether this host can run programs in a guest or a child, and what protects it.",
        discussion: """
            Asks the kernel itself; assumes nothing. Each finding has a name, a state, what it means and what to do. Then it starts
            the processes of a sandbox in every enclosure that this host has, and shows what each of them may still do.

            States: ok; missing (the tier interp-guest needs it); weaker (it works, with less depth);
            note (worth knowing); unknown (could not be read, and is not assumed).

            Exit status: 0 if this host can run the tier interp-guest, 1 if not, whatever else it can run.

            EXAMPLES
              ringfence doctor
              ringfence doctor --json | jq '.findings[] | select(.state != "ok")'
            """)

    @Flag(help: "Print JSON instead of a table.")
    package var json = false

    package init() {}

    package func run() throws {
        // The host is asked first: the processes are those of a broker, and this one becomes it.
        let host = HostPosture.ofThisHost()
        let observation = DoctorFindings.observation()
        let report = DoctorReport(host, [observation], processes: SampleSandbox.processes())
        print(json ? report.json : report.table)
        if !report.runsGuests { throw ExitCode(1) }
    }
}

internal import ArgumentParser
internal import CommandSupport
internal import Linux
internal import PolicyCore
internal import Sandbox

/// `ringfence top`: what running programs do just now.
struct TopCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "top",
        abstract: "Show what the programs of running commands decide, as they do.",
        discussion: """
            Every ringfence link and supervise of this user, one line for each program: events per second with their last half minute, nanoseconds
            from taking an event to its verdict, verdicts, events that policy answered, cells that were replaced, and the tier.

            On a terminal it is drawn anew each second, until Ctrl-C. Elsewhere, and with --json, it is one sample of --interval.

            \(ExitStatus.help)
            """)

    @Option(help: ArgumentHelp("Seconds between two looks.", valueName: "seconds"))
    var interval: Double = 1

    @OptionGroup var place: LiveOptions

    @Flag(help: "Print one sample as JSON.")
    var json = false

    func validate() throws {
        guard interval >= 0.1, interval <= 3_600 else { throw ValidationError("--interval takes 0.1 to 3600") }
    }

    func run() throws {
        guard let directory = place.live ?? LivePlace.usual else {
            throw Failure(.badInput, "--live", "this user has no place where running commands show themselves")
        }
        do throws(SystemError) { try EndRequest.catchAll() } catch {
            throw Failure(.internalError, "signals", "\(error)")
        }
        var top = TopView(directory)
        top.look()
        let terminal = Terminal.standardOutput
        guard terminal.isTerminal, !json else {
            wait()
            top.look()
            return print(json ? try CommandSupport.json(top.report) : top.text(for: terminal))
        }
        // The other screen, so that what was there before is there again; no cursor.
        StandardOutput.write("\u{1B}[?1049h\u{1B}[?25l")
        defer { StandardOutput.write("\u{1B}[?25h\u{1B}[?1049l") }
        while !EndRequest.isPending {
            wait()
            top.look()
            // Line by line over what is there: a screen that is cleared first would flicker.
            let lines = top.text(for: terminal).split(separator: "\n", omittingEmptySubsequences: false)
            StandardOutput.write("\u{1B}[H" + lines.joined(separator: "\u{1B}[K\n") + "\u{1B}[J")
        }
    }

    private func wait() {
        let until = monotonicNanoseconds() + UInt64(interval * 1_000_000_000)
        while !EndRequest.isPending {
            let now = monotonicNanoseconds()
            guard now < until else { return }
            pause(milliseconds: Int32(min((until - now) / 1_000_000 + 1, 200)))
        }
    }
}

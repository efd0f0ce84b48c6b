package import ArgumentParser

/// `ringfence log`: what was decided, and proof that it is all there.
package struct LogCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "log",
        abstract: "Verify, read and export the log of decisions.",
        discussion: """
            Every answer to a request to run a program, yes or no, is a line of the log before anything is done about it, with
            everything that went into it: see ringfence policy replay. Each line is chained to the one before it; every 256 lines,
            or ten seconds, a checkpoint is signed by the host's key and sealed with a key that is forgotten at once.

            WHAT PROVES WHAT
              the chain          nothing was changed, put in or taken out, unless all that follows was written anew
              --trust KEY        this host wrote it, up to the last checkpoint
              --seal FILE        nor did whoever took over the host later write anew what was sealed before; keep the first
                                 seal (log-seal) away from the host
              --head SEQ:HEAD    the log still has what it had when this was exported, and was not cut
            """,
        subcommands: [LogVerifyCommand.self, LogTailCommand.self, LogExportCommand.self])

    package init() {}
}

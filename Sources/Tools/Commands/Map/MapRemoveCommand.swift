package import ArgumentParser
internal import CommandSupport
internal import Sandbox

/// `ringfence map remove`: a map and what it holds.
package struct MapRemoveCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a map and what it holds.",
        discussion: """
            EXAMPLES
              ringfence map remove blocked --sandbox state
            """)

    @Argument(help: "The map.")
    var map: String

    @OptionGroup var directory: MapDirectoryOption

    package init() {}

    package func run() throws {
        let opened = try directory.open()
        do throws(SandboxError) { try opened.remove(map) } catch { throw Failure(error, about: directory.sandbox) }
    }
}

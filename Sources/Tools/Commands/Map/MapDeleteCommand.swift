package import ArgumentParser
internal import CommandSupport
internal import Maps
internal import Sandbox

/// `ringfence map delete`: takes a key out of a map.
package struct MapDeleteCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Take a key out of a map.",
        discussion: """
            EXAMPLES
              ringfence map delete blocked key 10 0 0 1 --sandbox state
              ringfence map delete blocked --key '"10.0.0.1"' --sandbox state
            """)

    @Argument(help: "The map.")
    var map: String

    @Argument(help: ArgumentHelp("key [hex] BYTES, in the order of memory.", valueName: "words"))
    var words: [String] = []

    @OptionGroup var directory: MapDirectoryOption

    @Option(parsing: .unconditional, help: ArgumentHelp("The key, by the map's types.", valueName: "json"))
    var key: String?

    package init() {}

    package func run() throws {
        let words: ElementWords
        do throws(ElementWords.Problem) { words = try ElementWords(self.words, key: key) } catch {
            throw ValidationError("\(error)")
        }
        guard words.value == nil else { throw ValidationError("a key is enough to delete") }
        try directory.withMap(map) { (map) throws(Failure) in
            do throws(SandboxError) { try map.checkWritable() } catch { throw Failure(error, about: directory.sandbox) }
            let text = MapText(map.definition, map.types)
            let storage = map.map
            let key = try text.key(words.key)
            guard storage.descriptor.structure != .queue, storage.descriptor.structure != .filter else {
                throw text.failure("has no keys to delete", remedy: "take a value out: ringfence map lookup --delete")
            }
            let answer = try text.attempt { () throws(MapAccessError) in try storage.remove(key) }
            guard answer == 0 else { throw text.failure(answer, isDelete: true) }
        }
    }
}

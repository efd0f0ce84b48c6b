internal import CommandSupport
package import ArgumentParser
internal import Maps
internal import Sandbox

/// `ringfence map getnext`: the key after another.
package struct MapNextKeyCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "getnext", abstract: "Show the key after another, or the first one.",
        discussion: """
            As BPF_MAP_GET_NEXT_KEY has it: a key that the map does not have is followed by the first one. After the last there is none,
            which ends with exit status 2.

            EXAMPLES
              ringfence map getnext counters --sandbox state
              ringfence map getnext counters key 1 0 0 0 --sandbox state
              ringfence map getnext flows --key '{"saddr": "10.0.0.1"}' --sandbox state --json
            """)

    @Argument(help: "The map.")
    var map: String

    @Argument(help: ArgumentHelp("key [hex] BYTES, in the order of memory.", valueName: "words"))
    var words: [String] = []

    @OptionGroup var directory: MapDirectoryOption

    @Option(parsing: .unconditional, help: ArgumentHelp("The key, by the map's types.", valueName: "json"))
    var key: String?

    @Flag(help: "Print JSON.")
    var json = false

    package init() {}

    package func run() throws {
        let words: ElementWords
        do throws(ElementWords.Problem) { words = try ElementWords(self.words, key: key) } catch {
            throw ValidationError("\(error)")
        }
        guard words.value == nil else { throw ValidationError("say a key, or nothing for the first one") }
        print(try directory.withMap(map) { (map) throws(Failure) in try next(words, in: map) })
    }

    private func next(_ words: ElementWords, in map: borrowing SavedMap) throws(Failure) -> String {
        let text = MapText(map.definition, map.types)
        let storage = map.map
        switch storage.descriptor.structure {
        case .queue, .filter, .ring: throw text.failure("has no keys")
        case .array, .hash, .trie: break
        }
        let given = try words.key.map { (words) throws(Failure) in try text.key(words) }
        let found = try text.attempt { () throws(MapAccessError) in try storage.key(after: given) }
        guard let found else {
            throw text.failure(given == nil ? "has no keys: it is empty" : "has no key after it")
        }
        return json ? text.json(key: given, next: found).json() : text.c(key: given, next: found)
    }
}

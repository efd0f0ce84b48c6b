package import ArgumentParser
internal import CommandSupport
internal import Maps
internal import Sandbox

/// `ringfence map lookup`: the value of a key.
package struct MapLookupCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "lookup", abstract: "Show the value of a key.",
        discussion: """
            A queue or stack has no keys: what would be popped next is shown. A filter says whether it may have seen a value.

            EXAMPLES
              ringfence map lookup counters key 1 0 0 0 --sandbox state
              ringfence map lookup flows --key '{"saddr": "10.0.0.1"}' --sandbox state --json
              ringfence map lookup jobs --delete --sandbox state
              ringfence map lookup seen value 1 2 3 4 --sandbox state
            """)

    @Argument(help: "The map.")
    var map: String

    @Argument(help: ArgumentHelp("key [hex] BYTES, in the order of memory.", valueName: "words"))
    var words: [String] = []

    @OptionGroup var directory: MapDirectoryOption

    @Option(parsing: .unconditional, help: ArgumentHelp("The key, by the map's types.", valueName: "json"))
    var key: String?

    @Option(
        parsing: .unconditional, help: ArgumentHelp("The value that a filter is asked for.", valueName: "json"))
    var value: String?

    @Flag(help: "Take it out of the map.")
    var delete = false

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: "Spread structures over lines.")
    var pretty = false

    package init() {}

    package func run() throws {
        let words: ElementWords
        do throws(ElementWords.Problem) { words = try ElementWords(self.words, key: key, value: value) } catch {
            throw ValidationError("\(error)")
        }
        let shown = try directory.withMap(map) { (map) throws(Failure) in try look(words, in: map) }
        print(shown)
    }

    private func look(_ words: ElementWords, in map: borrowing SavedMap) throws(Failure) -> String {
        let text = MapText(map.definition, map.types)
        let element: MapContents.Element
        if delete {
            do throws(SandboxError) { try map.checkWritable() } catch { throw Failure(error, about: directory.sandbox) }
        }
        let storage = map.map
        switch storage.descriptor.structure {
        case .filter:
            let value = try text.value(words.value)
            let mayHold = try text.attempt { () throws(MapAccessError) in try storage.mayHold(value) }
            return json ? "{\"seen\": \(mayHold ? "\"perhaps\"" : "\"no\"")}" : mayHold ? "perhaps" : "no"
        case .ring: throw text.failure("is a ring, which only the run reads")
        case .queue:
            guard words.key == nil, words.value == nil else { throw text.failure("has no keys: say none") }
            let value = try text.attempt { () throws(MapAccessError) in try storage.take(removes: delete) }
            guard let value else { throw text.failure("is empty") }
            element = MapContents.Element(key: [], values: [value])
        case .array, .hash, .trie:
            let key = try text.key(words.key)
            let values = try text.attempt { () throws(MapAccessError) in try storage.values(of: key) }
            guard let values else { throw text.failure(LinuxErrno.noEntry) }
            element = MapContents.Element(key: key, values: values)
            guard delete else { break }
            let answer = try text.attempt { () throws(MapAccessError) in try storage.remove(key) }
            guard answer == 0 else { throw text.failure(answer, isDelete: true) }
        }
        return json ? text.json(element).json(indent: pretty ? 0 : nil) : text.c(element, isPretty: pretty)
    }
}

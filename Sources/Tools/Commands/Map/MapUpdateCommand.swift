package import ArgumentParser
internal import CommandSupport
internal import Maps
internal import Sandbox

/// `ringfence map update`: gives a key a value.
package struct MapUpdateCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Give a key a value, or put a value into a queue, stack or filter.",
        discussion: """
            The words at the end are Linux's flags: any (BPF_ANY, the default), noexist (BPF_NOEXIST: only where there is no such key),
            exist (BPF_EXIST: only where there is one; a full queue gives up its oldest value).

            EXAMPLES
              ringfence map update limits key 1 0 0 0 value 100 0 0 0 --sandbox state
              ringfence map update limits key hex 01 00 00 00 value hex 64 00 00 00 exist --sandbox state
              ringfence map update blocked --key '"10.0.0.1"' --value '{"until": 0, "reason": "SCAN"}' --sandbox state
              ringfence map update jobs value 7 0 0 0 --sandbox state
            """)

    @Argument(help: "The map.")
    var map: String

    @Argument(
        help: ArgumentHelp("key [hex] BYTES value [hex] BYTES [any|noexist|exist]", valueName: "words"))
    var words: [String] = []

    @OptionGroup var directory: MapDirectoryOption

    @Option(parsing: .unconditional, help: ArgumentHelp("The key, by the map's types.", valueName: "json"))
    var key: String?

    @Option(parsing: .unconditional, help: ArgumentHelp("The value, by the map's types.", valueName: "json"))
    var value: String?

    @Option(help: ArgumentHelp("Of a per-CPU map, this CPU's value only. (default: every CPU's)", valueName: "number"))
    var cpu: UInt32?

    package init() {}

    package func run() throws {
        let words: ElementWords
        do throws(ElementWords.Problem) { words = try ElementWords(self.words, key: key, value: value) } catch {
            throw ValidationError("\(error)")
        }
        try directory.withMap(map) { (map) throws(Failure) in try change(words, in: map) }
    }

    private func change(_ words: ElementWords, in map: borrowing SavedMap) throws(Failure) {
        do throws(SandboxError) { try map.checkWritable() } catch { throw Failure(error, about: directory.sandbox) }
        let text = MapText(map.definition, map.types)
        let storage = map.map
        let key = try text.key(words.key)
        let value = try text.value(words.value)
        switch storage.descriptor.structure {
        case .ring: throw text.failure("is a ring, which only programs write")
        case .queue, .filter:
            let answer = try text.attempt { () throws(MapAccessError) in try storage.push(value, mode: words.mode) }
            guard answer == 0 else { throw text.failure(answer) }
        case .array, .hash, .trie:
            if let cpu {
                guard text.isPerCPU, cpu < storage.descriptor.laneCount else {
                    throw text.failure(
                        text.isPerCPU ? "has values of \(storage.descriptor.laneCount) CPUs" : "is not per CPU")
                }
            }
            var mode = words.mode
            for lane in cpu.map({ [$0] }) ?? Array(0..<storage.descriptor.laneCount) {
                let answer = try text.attempt { () throws(MapAccessError) in
                    try storage.set(value, for: key, lane: lane, mode: mode)
                }
                guard answer == 0 else { throw text.failure(answer) }
                // Once the first value is there, the key is.
                mode = .createOrReplace
            }
        }
    }
}

package import ArgumentParser
internal import CommandSupport
internal import Maps
internal import Sandbox

/// `ringfence map dump`: everything in a map.
package struct MapDumpCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "dump", abstract: "Show every element of a map.",
        discussion: """
            Elements are shown as C structures of the types that the object was compiled with, or as bytes where it has none. With --json
            they are what bpftool prints: the bytes, and under "formatted" what their types make of them.

            EXAMPLES
              ringfence map dump counters --sandbox state
              ringfence map dump flows --sandbox state --json | jq '.[].formatted'
            """)

    @Argument(help: "The map.")
    var map: String

    @OptionGroup var directory: MapDirectoryOption

    @Flag(help: "Print JSON.")
    var json = false

    @Flag(help: "Spread structures over lines.")
    var pretty = false

    package init() {}

    package func run() throws {
        let text = try directory.withMap(map) { (map) throws(Failure) in
            let text = MapText(map.definition, map.types)
            guard map.map.descriptor.structure != .filter else {
                let bits = map.map.filterOccupancy()
                throw text.failure(
                    "is a filter, and does not tell what it has seen; \(bits.set) of its \(bits.bits) bits are set")
            }
            let storage = map.map
            let elements = try text.attempt { () throws(MapAccessError) in try storage.elements() }
            guard !json else {
                return RenderedValue.list(elements.map(text.json)).json(indent: pretty ? 0 : nil) + "\n"
            }
            let lines = elements.map { text.c($0, isPretty: pretty) + "\n" }.joined()
            return lines + "\(elements.count) element\(elements.count == 1 ? "" : "s")\n"
        }
        print(text, terminator: "")
    }
}

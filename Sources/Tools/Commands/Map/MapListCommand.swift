package import ArgumentParser
internal import CommandSupport
internal import Maps
internal import ProgramPackage
internal import Sandbox

/// `ringfence map list`: which maps there are.
package struct MapListCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Show which maps a directory keeps.",
        discussion: """
            EXAMPLES
              ringfence map list --sandbox state
              ringfence map list --sandbox state --json
            """)

    @OptionGroup var directory: MapDirectoryOption

    @Flag(help: "Print JSON.")
    var json = false

    package init() {}

    private struct Row: Encodable {
        let name: String
        let type: String
        let keySize: UInt32
        let valueSize: UInt32
        let maximumEntries: UInt32
        let flags: UInt32
        /// Whether a sandbox with the map runs.
        let inUse: Bool
        /// What has types: `key`, `value`.
        let types: [String]
    }

    package func run() throws {
        let opened = try directory.open()
        var rows: [Row] = []
        do throws(SandboxError) {
            try opened.alone { () throws(SandboxError) in
                let manifest = try opened.manifest()
                for entry in manifest.entries.sorted(by: { $0.definition.name < $1.definition.name }) {
                    let map = try SavedMap(entry, of: manifest, in: opened)
                    let definition = entry.definition
                    rows.append(
                        Row(
                            name: definition.name, type: "\(linuxNameOfMapType(definition.type))",
                            keySize: definition.keySize, valueSize: definition.valueSize,
                            maximumEntries: definition.maximumEntries, flags: definition.flags, inUse: map.isInUse,
                            types: (definition.keyType == nil ? [] : ["key"])
                                + (definition.valueType == nil ? [] : ["value"])))
                }
            }
        } catch { throw Failure(error, about: directory.sandbox) }
        guard !json else { return print(try CommandSupport.json(rows)) }
        var table = Table(
            .left("map"), .left("type"), .right("key"), .right("value"), .right("entries"), .left("types"), .left())
        for row in rows {
            table.add([
                Table.Cell(row.name), Table.Cell(row.type), Table.Cell("\(row.keySize)"),
                Table.Cell("\(row.valueSize)"),
                Table.Cell("\(row.maximumEntries)"), Table.Cell(row.types.joined(separator: ", ")),
                Table.Cell(row.inUse ? "in use" : ""),
            ])
        }
        print(rows.isEmpty ? "no maps" : table.text(for: .standardOutput), terminator: rows.isEmpty ? "\n" : "")
    }
}

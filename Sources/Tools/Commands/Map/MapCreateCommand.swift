package import ArgumentParser
internal import CommandSupport
internal import Maps
internal import ProgramPackage
internal import Sandbox

/// `ringfence map create`: an empty map, for a run that is to come.
package struct MapCreateCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make an empty map, which a later run finds.",
        discussion: """
            A run with --maps takes a map that is there, with what it holds, where its object defines one of the same name, type, sizes and
            flags. So a map can be filled before the program that reads it first runs.

            EXAMPLES
              ringfence map create blocked --type hash --key-size 4 --value-size 8 --entries 1024 --sandbox state
              ringfence map create routes --type lpm_trie --key-size 8 --value-size 4 --entries 64 --flags 1 --sandbox state
            """)

    @Argument(help: "The map's name.")
    var map: String

    @OptionGroup var directory: MapDirectoryOption

    @Option(help: "What kind of map: \(Self.kinds.joined(separator: ", ")).")
    var type: String

    @Option(help: "Bytes of a key; 0 where there are none.")
    var keySize: UInt32 = 0

    @Option(help: "Bytes of a value.")
    var valueSize: UInt32

    @Option(help: "The most elements (max_entries).")
    var entries: UInt32

    @Option(help: "Linux's flags (BPF_F_*), as a number.")
    var flags: UInt32 = 0

    @Option(help: "Linux's map_extra.")
    var extra: UInt64 = 0

    private static let kinds = MapKind.allCases.filter { !$0.holdsReferences && $0.structure != .ring }
        .map { "\(linuxNameOfMapType($0.rawValue))" }

    package init() {}

    package func run() throws {
        guard let kind = MapKind.allCases.first(where: { "\(linuxNameOfMapType($0.rawValue))" == type }),
            Self.kinds.contains("\(linuxNameOfMapType(kind.rawValue))")
        else { throw ValidationError("no such type; write one of \(Self.kinds.joined(separator: ", "))") }
        let isName =
            !map.isEmpty && map.utf8.count <= PackageLimits.nameBytes
            && map.unicodeScalars.allSatisfy {
                $0 == "_" || $0.isASCII && ($0.properties.isAlphabetic || $0.properties.numericType != nil)
            }
        guard isName else { throw ValidationError("a map's name has letters, digits and underscores") }
        guard directory.program == nil else {
            throw ValidationError("the maps of a program of the service are those of its object: name a --sandbox")
        }
        do throws(SandboxError) { try MapDirectory.prepare(directory.sandbox) } catch {
            throw Failure(error, about: directory.sandbox)
        }
        let opened = try directory.open()
        do throws(SandboxError) {
            try opened.create(
                MapDefinition(
                    name: map, type: kind.rawValue, keySize: keySize, valueSize: valueSize, maximumEntries: entries,
                    flags: flags, extra: extra))
        } catch { throw Failure(error, about: directory.sandbox) }
    }
}

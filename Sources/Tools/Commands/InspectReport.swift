package import CommandSupport
internal import Maps
internal import PolicyCore
package import ProgramPackage

/// What `ringfence inspect` shows of an object: every section, program and map, and what is known of each without
/// running anything.
package struct InspectReport: Encodable, Sendable {
    package struct SectionRow: Encodable, Sendable {
        package var name: String
        package var size: UInt64
        package var isExecutable: Bool
    }

    package struct ProgramRow: Encodable, Sendable {
        package var name: String
        package var section: String
        /// What the section's name claims the program to be; nil where it names no known type.
        package var type: String?
        package var slots: Int
        /// nil where the code does not decode; ``problem`` says why.
        package var instructions: Int?
        package var functions: [String]
        package var helpers: [UInt32]
        package var maps: [String]
        /// Programs in which it may go on by tail calls, directly or not; nil where they do not make a set, and ``problem`` says why.
        package var goesOnIn: [String]?
        package var mayLoop: Bool
        package var usesAtomics: Bool
        package var sourceLines: Int
        package var digest: String
        /// What its instructions mean on this engine, by digest; nil where its section names no type that is known.
        package var platform: String?
        package var problem: String?
        /// Kernel types whose layout the code wants to know; with any, it does not run here.
        package var kernelTypes: [String]
    }

    package struct OmittedRow: Encodable, Sendable {
        package var name: String
        package var section: String
        package var reason: String
    }

    package struct MapRow: Encodable, Sendable {
        package var name: String
        package var type: UInt32
        /// What Linux calls the type.
        package var typeName: String
        package var keySize: UInt32
        package var valueSize: UInt32
        package var maximumEntries: UInt32
        package var flags: UInt32
        package var isReadOnly: Bool
        package var initialBytes: Int
        /// What every map in this one looks like.
        package var innerMap: String?
        /// True where the map is only some other's ``innerMap``.
        package var isTemplate: Bool
        package var spinLockOffset: UInt32?
        package var timerOffset: UInt32?
        package var slots: [SlotRow]
    }

    /// A setting of a kernel that the object asks for (`.kconfig`), and what it is told.
    package struct SettingRow: Encodable, Sendable {
        package var name: String
        /// As its type has it.
        package var value: String
    }

    package struct SlotRow: Encodable, Sendable {
        package var index: UInt32
        /// The name of a map or a program.
        package var holds: String
    }

    package var file: String
    /// Digest of the file as it is; policies name programs and not files.
    package var fileDigest: String?
    package var licence: String
    package var hasBTF: Bool
    package var hasLineInfo: Bool
    package var programs: [ProgramRow]
    package var omitted: [OmittedRow]
    package var maps: [MapRow]
    package var settings: [SettingRow]
    package var sections: [SectionRow]

    /// - Parameters:
    ///   - type: the program type that a section name claims.
    ///   - digest: the digest by which policies name a program.
    ///   - platform: the digest by which policies name what programs of a section rely on.
    package init(
        _ package: ObjectPackage, file: String, fileDigest: String? = nil, type: (_ section: String) -> String?,
        digest: (Program) -> String, platform: (_ section: String) -> String? = { _ in nil }
    ) {
        self.file = file
        self.fileDigest = fileDigest
        licence = package.licence
        hasBTF = package.hasBTF
        hasLineInfo = package.hasLineInfo
        sections = package.sections.map { SectionRow(name: $0.name, size: $0.size, isExecutable: $0.isExecutable) }
        maps = package.maps.map {
            MapRow(
                name: $0.name, type: $0.type, typeName: "\(linuxNameOfMapType($0.type))", keySize: $0.keySize,
                valueSize: $0.valueSize, maximumEntries: $0.maximumEntries, flags: $0.flags, isReadOnly: $0.isReadOnly,
                initialBytes: $0.initialValue.count, innerMap: $0.innerMap.map { package.maps[$0].name },
                isTemplate: $0.isTemplate, spinLockOffset: $0.spinLockOffset, timerOffset: $0.timerOffset,
                slots: $0.slots.map { slot in
                    switch slot.target {
                    case .map(let map): SlotRow(index: slot.index, holds: package.maps[map].name)
                    case .program(let name): SlotRow(index: slot.index, holds: name)
                    }
                })
        }
        settings = Self.settings(of: package)
        omitted = package.omitted.map { OmittedRow(name: $0.name, section: $0.section, reason: $0.reason) }
        programs = package.programs.enumerated().map { index, program in
            var row = ProgramRow(
                name: program.name, section: program.section, type: type(program.section), slots: program.code.count,
                functions: program.functions.map(\.name), helpers: [], maps: [], goesOnIn: nil, mayLoop: false,
                usesAtomics: false,
                sourceLines: program.lines.count, digest: digest(program), platform: platform(program.section),
                kernelTypes: program.needsRelocation)
            do throws(ProgramFactsError) {
                let facts = try program.facts(in: package)
                row.instructions = facts.instructionCount
                row.helpers = facts.helperIDs
                row.maps = facts.mapIndices.map { package.maps[$0].name }
                row.mayLoop = facts.hasBackEdges
                row.usesAtomics = facts.hasAtomics
            } catch {
                row.problem = "\(error)"
            }
            do throws(ProgramSetError) {
                row.goesOnIn = try package.programSet(of: index).programs.dropFirst().map { package.programs[$0].name }
            } catch {
                if row.problem == nil { row.problem = "\(error)" }
            }
            return row
        }
    }

    private static func settings(of package: ObjectPackage) -> [SettingRow] {
        guard let map = package.maps.first(where: { $0.name == ".kconfig" && $0.isReadOnly }),
            case .fields(let fields) = ValueRenderer(package.valueTypes).render(map.initialValue, as: map.valueType)
        else { return [] }
        return fields.map { SettingRow(name: $0.name, value: $0.value.json()) }
    }

    /// For people.
    package func text(for terminal: Terminal = .none) -> String {
        var text = terminal.toned(Printable.text(file), .strong) + "\n"
        var facts = Table(.left(), .left())
        if let fileDigest { facts.add(["sha256", Table.Cell(fileDigest)]) }
        facts.add(["licence", licence.isEmpty ? Table.Cell("none", .warning) : Table.Cell(licence)])
        facts.add(["types (BTF)", Table.Cell(hasBTF ? "yes" : "no")])
        facts.add(["source lines", Table.Cell(hasLineInfo ? "yes" : "no; compile with -g to have them")])
        text += facts.text(for: terminal, indent: 2)

        text += "\n" + programText(terminal)
        if !maps.isEmpty {
            var table = Table(
                .left("map"), .left("type"), .right("key"), .right("value"), .right("entries"), .left("notes"))
            for map in maps {
                var notes: [String] = []
                if map.isReadOnly { notes.append("read-only") }
                if map.initialBytes > 0 { notes.append("\(map.initialBytes) initial bytes") }
                if let inner = map.innerMap { notes.append("of maps like \(inner)") }
                if map.isTemplate { notes.append("a pattern only") }
                if let offset = map.spinLockOffset { notes.append("lock at \(offset)") }
                if let offset = map.timerOffset { notes.append("timer at \(offset)") }
                if !map.slots.isEmpty { notes.append("\(map.slots.count) filled slots") }
                if map.flags != 0 { notes.append("flags 0x\(String(map.flags, radix: 16))") }
                table.add([
                    Table.Cell(map.name), Table.Cell("\(map.typeName) (\(map.type))"), Table.Cell("\(map.keySize)"),
                    Table.Cell("\(map.valueSize)"), Table.Cell("\(map.maximumEntries)"),
                    Table.Cell(notes.joined(separator: ", ")),
                ])
            }
            text += "\n" + table.text(for: terminal, indent: 2)
        }
        if !settings.isEmpty {
            var table = Table(.left("kernel's setting"), .left("value"))
            for setting in settings { table.add([Table.Cell(setting.name), Table.Cell(setting.value)]) }
            text += "\n" + table.text(for: terminal, indent: 2)
        }
        var table = Table(.left("section"), .right("bytes"), .left())
        for section in sections {
            table.add([
                Table.Cell(section.name), Table.Cell("\(section.size)"), Table.Cell(section.isExecutable ? "code" : ""),
            ])
        }
        return text + "\n" + table.text(for: terminal, indent: 2)
    }

    private func programText(_ terminal: Terminal) -> String {
        var table = Table(
            .left("program"), .left("section"), .left("type"), .right("slots"), .right("instructions"),
            .right("functions"))
        for program in programs {
            table.add([
                Table.Cell(program.name), Table.Cell(program.section),
                program.type.map { Table.Cell($0) } ?? Table.Cell("unknown", .warning), Table.Cell("\(program.slots)"),
                program.instructions.map { Table.Cell("\($0)") } ?? Table.Cell("refused", .bad),
                Table.Cell("\(program.functions.count)"),
            ])
        }
        var text = programs.isEmpty ? "" : table.text(for: terminal, indent: 2)
        for program in programs {
            text += "\n  " + terminal.toned(Printable.text(program.name), .strong) + "\n"
            var facts = Table(.left(), .left())
            facts.add(["digest", Table.Cell(program.digest)])
            if let platform = program.platform { facts.add(["platform", Table.Cell(platform)]) }
            if !program.kernelTypes.isEmpty {
                facts.add([
                    "kernel types",
                    Table.Cell(program.kernelTypes.joined(separator: ", ") + ": does not run without them", .warning),
                ])
            }
            if let problem = program.problem { facts.add(["refused", Table.Cell(problem, .bad)]) }
            if program.functions.count > 1 {
                facts.add(["functions", Table.Cell(program.functions.joined(separator: ", "))])
            }
            if !program.helpers.isEmpty {
                facts.add([
                    "helpers",
                    Table.Cell(program.helpers.map { "\(HelperFunction(number: $0))" }.joined(separator: ", ")),
                ])
            }
            if !program.maps.isEmpty { facts.add(["maps", Table.Cell(program.maps.joined(separator: ", "))]) }
            if let others = program.goesOnIn, !others.isEmpty {
                facts.add(["goes on in", Table.Cell(others.joined(separator: ", "))])
            }
            if program.mayLoop { facts.add(["loops", "jumps backwards"]) }
            if program.usesAtomics { facts.add(["atomics", "yes"]) }
            text += facts.text(for: terminal, indent: 4)
        }
        for program in omitted {
            text += "\n  " + terminal.toned(Printable.text(program.name), .strong) + "\n"
            var facts = Table(.left(), .left())
            facts.add(["section", Table.Cell(program.section)])
            facts.add(["left out", Table.Cell(program.reason, .bad)])
            text += facts.text(for: terminal, indent: 4)
        }
        return text
    }
}

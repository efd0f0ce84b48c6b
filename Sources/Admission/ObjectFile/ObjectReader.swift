package import ProgramPackage

/// Reads ELF objects from `clang --target=bpf`: programs, maps, licence, source lines. The one entry point of this
/// module.
package enum ObjectReader {
    /// - Parameter environment: what somebody says of where it is to run.
    package static func read(
        _ bytes: [UInt8], in environment: ObjectEnvironment = .none
    ) throws(ObjectError) -> ObjectPackage {
        let object = try ObjectImage(bytes)
        let target = try environment.types.map(TypesFile.read)
        let debug = try DebugInfo(of: object, target: target)
        let externs = try ExternTable(of: object, types: debug.types, environment)
        var maps = try MapTable(of: object, types: debug.types, settings: externs.settings)
        try refuseDataRelocations(in: object)
        var functions = try FunctionTable(of: object)
        var code: [Int: CodeSection] = [:]
        for section in object.sections where section.role == .code {
            code[section.index] = try CodeSection(section, relocations: object.relocations[section.index] ?? [])
        }
        try functions.settleEntries(of: object, code)
        try maps.fill(from: object, functions)

        var package = ObjectPackage(
            licence: try licence(of: object),
            sections: object.sections.dropFirst().map {
                SectionSummary(name: $0.name, size: $0.header.size, isExecutable: $0.isExecutable)
            },
            maps: maps.definitions, hasBTF: debug.types != nil, hasLineInfo: debug.hasLines,
            valueTypes: maps.valueTypes)
        let linker = Linker(
            object: object, functions: functions, maps: maps, externs: externs, code: code, debug: debug)
        var lines = LineTexts()
        // Programs share callees in the object and have copies of their own in the package: what all take together is
        // bounded here.
        var slots = 0
        let limit = PackageLimits.packageBytes / ElfNumber.slotBytes
        for entry in functions.entries {
            var program: Program
            do throws(ObjectError) { program = try linker.program(entry, lines: &lines) } catch {
                guard error.concernsOneProgram else { throw error }
                package.omitted.append(
                    OmittedProgram(
                        name: entry.name, section: object.sections[functions.functions[entry.function].section].name,
                        reason: PackageText.cleaned(
                            "\(error)".utf8, limit: PackageLimits.reasonBytes, allowingTabs: false)))
                continue
            }
            if object.isForWindows, let reason = program.takeWindowsNumbers() {
                package.omitted.append(
                    OmittedProgram(
                        name: program.name, section: program.section,
                        reason: PackageText.cleaned(reason.utf8, limit: PackageLimits.reasonBytes, allowingTabs: false))
                )
                continue
            }
            slots += program.code.count
            guard slots <= limit else {
                throw .limitExceeded(what: "slots of all programs", value: UInt64(slots), limit: UInt64(limit))
            }
            package.programs.append(program)
        }
        return package
    }

    private static func licence(of object: ObjectImage) throws(ObjectError) -> String {
        guard let section = object.sections.first(where: { $0.role == .licence }) else { return "" }
        let text = section.contents.bytes.prefix { $0 != 0 }
        return try Name.checked(text, "the licence", limit: PackageLimits.licenceBytes, mayBeEmpty: true)
    }

    /// Data that holds an address would have to be filled in where it is copied to. Nothing here does that.
    private static func refuseDataRelocations(in object: ObjectImage) throws(ObjectError) {
        for section in object.sections {
            guard let relocation = object.relocations[section.index]?.first else { continue }
            let symbol = try object.name(of: object.symbols[relocation.symbol])
            switch section.role {
            case .legacyMaps:
                throw .mapInitializers(section: section.name, offset: UInt64(relocation.offset), symbol: symbol)
            case .data, .readOnlyData, .zeroData:
                throw .dataRelocation(section: section.name, offset: UInt64(relocation.offset), symbol: symbol)
            // Those of maps say what the maps hold.
            case .code, .maps, .licence, .btf, .btfExtension, .compiler, .other:
                continue
            }
        }
    }
}

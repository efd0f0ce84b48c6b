import Foundation
import ProgramPackage

/// The programs of the `Programs` folder, read once.
enum Corpus {
    static let result: Result<[CorpusProgram], any Error> = Result { try load() }

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Programs")

    /// Every program, in the order of files and lines; none where a file cannot be read, which a test of its own says.
    static var programs: [CorpusProgram] { (try? result.get()) ?? [] }

    /// The package that holds a program, and the program's index in it.
    static func package(of program: CorpusProgram) throws -> (package: ObjectPackage, index: Int) {
        switch program.source {
        case .assembled(let package): return (package, 0)
        case .function(let name):
            guard let package = try packages[program.file]?.get(),
                let index = package.programs.firstIndex(where: { $0.name == name })
            else { throw CorpusError(file: program.file, line: program.line, reason: "no program \(name)") }
            return (package, index)
        }
    }

    private static let packages: [String: Result<ObjectPackage, any Error>] = {
        var packages: [String: Result<ObjectPackage, any Error>] = [:]
        for file in (try? files(suffix: ".bpf.c")) ?? [] {
            packages[file.name] = Result { try CCorpus.package(of: file.text, in: folder) }
        }
        return packages
    }()

    private static func files(suffix: String) throws -> [(name: String, text: String)] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(suffix) }.sorted().map {
            ($0, try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8))
        }
    }

    private static func load() throws -> [CorpusProgram] {
        var programs: [CorpusProgram] = []
        for file in try files(suffix: ".s") { programs += try AssemblyCorpus.programs(in: file.text, file: file.name) }
        for file in try files(suffix: ".bpf.c") { programs += try CCorpus.programs(in: file.text, file: file.name) }
        var names: Set<String> = []
        for program in programs {
            guard names.insert(program.name).inserted else {
                throw CorpusError(file: program.file, line: program.line, reason: "the name stands elsewhere already")
            }
        }
        return programs
    }
}

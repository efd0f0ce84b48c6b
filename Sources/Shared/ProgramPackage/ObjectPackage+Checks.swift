extension ObjectPackage {
    /// What must hold between the parts of a package, beyond the shape of its bytes: names that can be told apart,
    /// and references that have something to refer to.
    func checkContents() throws(PackageError) {
        var mapNames: Set<[UInt8]> = []
        for map in maps {
            guard mapNames.insert(Array(map.name.utf8)).inserted else {
                throw .duplicateName(field: "the maps", name: map.name)
            }
        }
        var programNames: Set<[UInt8]> = []
        for (index, program) in programs.enumerated() {
            guard programNames.insert(Array(program.name.utf8)).inserted else {
                throw .duplicateName(field: "the programs", name: program.name)
            }
            do {
                _ = try program.references(to: maps)
            } catch {
                throw .reference(program: index, error)
            }
        }
    }
}

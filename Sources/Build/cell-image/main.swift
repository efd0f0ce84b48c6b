import Foundation

// Compiles the image's modules for a machine without an operating system, links them to one flat file, and writes that
// file as a Swift source. Uses nothing but the toolchain's own directory.
//
//   cell-image --script Images/cell.ld --output ImageBytes.swift --swiftc /…/swiftc
//              { --module NAME SOURCE… [--headers DIRECTORY] }…
//
// Or compiles what runs in the kernel while a host is observed, and writes its object file as a Swift source.
//
//   cell-image --shim Images/shim/observation.bpf.c --output ShimBytes.swift --swiftc /…/swiftc

do {
    let arguments = Array(CommandLine.arguments.dropFirst())
    if arguments.first == "--shim" {
        try ShimBuilder(arguments: arguments).build()
    } else {
        try Builder(arguments: arguments).build()
    }
} catch {
    FileHandle.standardError.write(Data("cell-image: \(error)\n".utf8))
    exit(1)
}

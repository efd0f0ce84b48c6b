package import ProgramPackage
package enum ObjectReader { package static func read(_ b: [UInt8]) throws -> ObjectPackage { ObjectPackage() } }

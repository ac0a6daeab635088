/** What a library of Windows (a file in the Portable Executable format) says about itself. */
export interface WindowsLibrary {
  readonly processor: string
  readonly isLibrary: boolean
  readonly exported: readonly string[]
  /** The functions that it needs, by library. */
  readonly needed: Readonly<Record<string, readonly string[]>>
}

const processors: Readonly<Record<number, string>> = { 34404: 'x64', 43620: 'arm64' }
/** Positions of the first directories in the header of a file of 64 bits. */
const exportDirectory = 112
const importDirectory = 120
const libraryFlag = 0x2000

export function readWindowsLibrary(file: Buffer): WindowsLibrary {
  const start = file.readUInt32LE(0x3c)
  if (file.toString('latin1', start, start + 4) !== 'PE\0\0') throw new Error('not a Portable Executable')
  const header = start + 24
  if (file.readUInt16LE(header) !== 0x20b) throw new Error('not for 64 bits')
  const at = offsets(file, start)
  const text = (address: number): string => {
    const from = at(address)
    return file.toString('latin1', from, file.indexOf(0, from))
  }
  const exports = at(file.readUInt32LE(header + exportDirectory))
  const names = at(file.readUInt32LE(exports + 32))
  const exported = Array.from({ length: file.readUInt32LE(exports + 24) }, (_, i) =>
    text(file.readUInt32LE(names + i * 4)),
  )
  const needed: Record<string, string[]> = {}
  for (let row = at(file.readUInt32LE(header + importDirectory)); file.readUInt32LE(row + 12) !== 0; row += 20) {
    const functions: string[] = []
    for (let entry = at(file.readUInt32LE(row)); file.readBigUInt64LE(entry) !== 0n; entry += 8) {
      // The name follows a number that is only a hint.
      functions.push(text(file.readUInt32LE(entry) + 2))
    }
    needed[text(file.readUInt32LE(row + 12)).toLowerCase()] = functions
  }
  return {
    processor: processors[file.readUInt16LE(start + 4)] ?? 'unknown',
    isLibrary: (file.readUInt16LE(start + 22) & libraryFlag) !== 0,
    exported,
    needed,
  }
}

/** Returns the function that finds a position in the file by its address in memory. */
function offsets(file: Buffer, start: number): (address: number) => number {
  const table = start + 24 + file.readUInt16LE(start + 20)
  const sections = Array.from({ length: file.readUInt16LE(start + 6) }, (_, i) => {
    const row = table + i * 40
    return { address: file.readUInt32LE(row + 12), size: file.readUInt32LE(row + 16), at: file.readUInt32LE(row + 20) }
  })
  return (address) => {
    const section = sections.find((each) => address >= each.address && address < each.address + each.size)
    if (section === undefined) throw new Error(`no section has the address ${address}`)
    return address - section.address + section.at
  }
}

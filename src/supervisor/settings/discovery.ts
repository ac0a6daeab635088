import { lstatSync, readlinkSync, realpathSync, type Stats } from 'node:fs'
import { dirname, join, parse, resolve, sep } from 'node:path'
import { isTrusted, isTrustedOwner, keepsEntries } from '../../model/ownership.js'

/*
 * These functions check files that promhive finds by itself, in the working directory or through a variable. Root must
 * not read configuration from such files, or run their code, if another user could have written them.
 */

/** The maximum number of links, as in the kernel. */
const maxLinks = 40

/**
 * Returns why root must not use a file that it found by itself, such as `/srv/shop belongs to user 1000`; undefined if it
 * may, and always for other users. The file, every directory above it and every link on the way must belong to root, or to
 * the owner of the program that runs, whose code root runs already; and no other user may be able to write to them.
 *
 * @param user the effective user of this process
 */
export function distrust(path: string, user = process.geteuid?.()): string | undefined {
  if (user !== 0) return undefined
  const owner = ownerOfProgram()
  try {
    for (const [step, facts] of stepsTo(resolve(path))) {
      if (!isTrustedOwner(facts.uid, user, owner)) return `${step} belongs to user ${facts.uid}`
      if (facts.isSymbolicLink()) continue
      const kept = facts.isDirectory() ? keepsEntries(facts, owner) : isTrusted(facts, owner)
      if (!kept) return `other users can write to ${step}`
    }
  } catch {
    // Reading the file reports the error.
  }
  return undefined
}

function ownerOfProgram(): number {
  try {
    return lstatSync(realpathSync(process.argv[1]!)).uid
  } catch {
    return 0
  }
}

/** Iterates over the steps to a path: each directory, each link and its target, and the file. */
function* stepsTo(path: string): Generator<readonly [path: string, facts: Stats]> {
  const { root } = parse(path)
  const partsOf = (absolute: string): string[] => absolute.slice(root.length).split(sep).filter(Boolean)
  yield [root, lstatSync(root)]
  let at = root
  let links = 0
  for (let rest = partsOf(path); rest.length > 0; ) {
    const step = join(at, rest.shift()!)
    const facts = lstatSync(step)
    yield [step, facts]
    if (!facts.isSymbolicLink()) at = step
    else if (++links > maxLinks) return
    else {
      rest = [...partsOf(resolve(dirname(step), readlinkSync(step))), ...rest]
      at = root
    }
  }
}

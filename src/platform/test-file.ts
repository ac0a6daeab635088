import { hasOwnGlobals, isMainThread, threadId } from './loaded-builtins.js'

/*
 * Test runners that run several test files in one process. Jest and vitest's vmThreads give each file globals and modules
 * of its own, vitest's threads give each file a thread. Every such file has a promhive of its own, which counts for itself.
 * What Node.js has once per process (its channels of diagnostics, `cluster`, listeners for the exit) they share, so a file
 * leaves it when the next one begins.
 */

/** What one test file has of its own. Resetting the modules of a file (`jest.resetModules()`) begins another one. */
interface TestFile {
  /** Unique in the process. */
  readonly id: string
  /** The builds of promhive that the file has loaded. */
  readonly builds: Set<string>
  /** What these builds share. */
  readonly shared: object
}

/** What the test files of one thread share. */
interface TestFiles {
  begun: number
  readonly endings: (() => void)[]
  /** Called when the thread exits; undefined until there are any. */
  exits?: (() => void)[]
}

const place = Symbol.for('promhive.test-file.1')
const filesPlace = Symbol.for('promhive.test-files.1')

const isThreadOfVitest = !isMainThread && '__vitest_worker__' in globalThis

/** The process object of Node.js: Jest gives each test file a copy of it, which emits no events. */
export const nodeProcess = (hasOwnGlobals ? ofNode('process') : process) as NodeJS.Process & {
  [filesPlace]?: TestFiles
}

/** `Date.now()`, after a test file has ended as well: Jest then takes the `Date` that it gave the file. */
export const dateNow: () => number = hasOwnGlobals ? (ofNode('Date.now') as () => number) : () => Date.now()

const globals = globalThis as { [place]?: TestFile }
const file = hasOwnGlobals || isThreadOfVitest ? begin(String(import.meta.url)) : undefined

/** The number of the test file that this module belongs to, if the process runs others as well. */
export const testFileId = file?.id

/** The object on which all builds of promhive find what they share, under symbols: the global object, or the test file's. */
export const sharedObject: object = file?.shared ?? globalThis

/** Calls `end` when another test file of this thread loads promhive; never in a process that runs no others. */
export function atNextTestFile(end: () => void): void {
  if (file !== undefined) filesOfThread().endings.push(end)
}

/** Calls `run` when the process or thread exits. However many test files call it, Node.js has one listener. */
export function atProcessExit(run: () => void): void {
  const files = filesOfThread()
  if (files.exits === undefined) {
    const exits: (() => void)[] = (files.exits = [])
    nodeProcess.once('exit', () => exits.forEach((each) => void each()))
  }
  files.exits.push(run)
}

/** A build that the file has loaded before is loaded again only after its modules were reset. */
function begin(build: string): TestFile {
  const present = globals[place]
  if (present?.builds.has(build) === false) {
    present.builds.add(build)
    return present
  }
  const files = filesOfThread()
  for (const end of files.endings.splice(0)) end()
  const begun = { id: `${threadId}-${++files.begun}`, builds: new Set([build]), shared: {} }
  // Jest warns of objects on the global object that are used after a file, unless they have this property.
  Object.defineProperty(begun, Symbol.for('$$jest-protect-from-deletion'), { value: [] })
  return (globals[place] = begun)
}

function ofNode(name: string): unknown {
  return process.getBuiltinModule('node:vm').runInThisContext(name)
}

function filesOfThread(): TestFiles {
  return (nodeProcess[filesPlace] ??= { begun: 0, endings: [] })
}

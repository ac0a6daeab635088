import { Slices } from '../../platform/slices.js'
import { directorySource } from '../../runtime/directory/directory-source.js'
import type { WriterSnapshot } from '../../store/contract.js'
import { pythonFiles } from '../python-files.js'
import { type Finding, ok } from './finding.js'
import { checkScrape } from './scrape-check.js'

/** Reads the writers of a directory, and then everything as a scrape does. */
export async function checkSeats(directory: string): Promise<Finding[]> {
  const { writers } = await directorySource(directory).read(new Slices())
  const seats = writers.filter(({ client, guest }) => client === undefined && !guest)
  const live = seats.filter((writer) => writer.live).length
  return [
    ok('writers', `${live} alive, ${seats.length - live} dead (their counts stay; the next processes take over)`),
    ...pythonProcesses(pythonFiles(writers)),
    ...(await checkScrape(directorySource(directory))),
  ]
}

function pythonProcesses(files: readonly WriterSnapshot[]): Finding[] {
  if (files.length === 0) return []
  const all = new Set(files.map(({ process }) => process))
  const live = new Set(files.filter((file) => file.live).map(({ process }) => process))
  const text = `${live.size} alive, ${all.size - live.size} dead, with ${files.length} files (promhive wipe --python removes them)`
  return [ok('python', text)]
}

import { loadBinding } from '#native'
import { Slices } from '../../platform/slices.js'
import { SharedSource } from '../../store/shared/shared-source.js'
import { type Finding, ok } from './finding.js'
import { checkScrape } from './scrape-check.js'

/** Reads the seats of a directory, and then everything as a scrape does. */
export async function checkSeats(directory: string): Promise<Finding[]> {
  const { binding } = loadBinding()
  const { writers } = await new SharedSource(directory, binding).read(new Slices())
  const live = writers.filter((writer) => writer.live).length
  return [
    ok('writers', `${live} alive, ${writers.length - live} dead (their counts stay; the next processes take over)`),
    ...(await checkScrape(new SharedSource(directory, binding))),
  ]
}

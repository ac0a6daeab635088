import type { Behaviour } from './behaviour.js'
import { followsMode, lastSetWins } from './checks/gauges.js'
import * as runs from './checks/runs.js'
import * as types from './checks/types.js'

const modes: Behaviour['alsoIn'] = ['processes/liveness.test.ts', 'follow the table of all modes']

/** All 33 behaviours that the suite of the Python client pins for its multiprocess mode, in its order. */
export const behaviours: readonly Behaviour[] = [
  {
    number: 1,
    python: 'the lower-case environment variable still works, and warns that it is deprecated',
    ours: 'it works, and so does the upper-case one; there is nothing to warn of',
    verdict: 'better',
    check: runs.lowerCaseVariable,
  },
  {
    number: 2,
    python: 'reporting a dead process works with the lower-case variable alone',
    ours: 'reporting does nothing and never fails: the kernel shows which processes are dead',
    verdict: 'better',
    check: runs.markingTheDead,
  },
  {
    number: 3,
    python: 'counters of two processes start at 0 and add up',
    ours: 'the same, and what a killed process counted stays',
    verdict: 'same',
    check: types.countersAdd,
  },
  {
    number: 4,
    python: 'count and sum of summaries start at 0 and add up',
    ours: 'the same; quantiles of all processes together come on top',
    verdict: 'same',
    check: types.summariesAdd,
  },
  {
    number: 5,
    python: 'count, sum and cumulative buckets of histograms start at 0 and add up',
    ours: 'the same',
    verdict: 'same',
    check: types.histogramsAdd,
  },
  {
    number: 6,
    python: 'a gauge of mode all shows each process, also after its death was reported',
    ours: 'the same, by the number of the seat, so that series do not grow with every restart',
    verdict: 'same',
    check: followsMode('all'),
    alsoIn: modes,
  },
  ...(['liveall', 'min', 'livemin', 'max', 'livemax', 'sum', 'livesum'] as const).map(
    (mode, i): Behaviour => ({
      number: 7 + i,
      python: mode.startsWith('live')
        ? `a gauge of mode ${mode} omits a process once its death was reported`
        : `a gauge of mode ${mode} is merged over all processes, dead ones included`,
      ours: mode.startsWith('live') ? 'it is omitted as soon as it is dead, with no report' : 'the same',
      verdict: mode.startsWith('live') ? 'better' : 'same',
      check: followsMode(mode),
      alsoIn: modes,
    }),
  ),
  {
    number: 14,
    python: 'of a gauge of mode mostrecent the value that was set last is shown, whatever the order of the files',
    ours: 'the same; one that was never set shows nothing',
    verdict: 'same',
    check: lastSetWins('mostrecent'),
    alsoIn: modes,
  },
  {
    number: 15,
    python: 'of mode livemostrecent the last one of those whose death was not reported',
    ours: 'the last one of the living processes, with no report',
    verdict: 'better',
    check: lastSetWins('livemostrecent'),
    alsoIn: modes,
  },
  {
    number: 16,
    python: 'names are built from namespace, subsystem and name',
    ours: 'a registry has a prefix that does the same for each of its metrics',
    verdict: 'same',
    check: types.namesAreComposed,
  },
  {
    number: 17,
    python:
      'after a fork parent and child count on their own, and the sum is shown; the child itself sees its own part',
    ours: 'Node.js starts processes afresh; primary and worker add up, and each of them sees the whole',
    verdict: 'better',
    check: runs.childrenOfACluster,
    alsoIn: ['processes/automatic.test.ts', 'the primary of a cluster and its workers count together'],
  },
  {
    number: 18,
    python:
      'the first metric that is made after a fork opens a file for the new process; others use the one that is there',
    ours: 'every process takes a seat of its own when it first counts, and keeps it',
    verdict: 'same',
    check: runs.aSeatForEachProcess,
    alsoIn: ['processes/automatic.test.ts', 'a main thread and three threads count together'],
  },
  {
    number: 19,
    python: 'labelled counters, gauges and histograms of two processes give exactly these samples in this order',
    ours: 'the same samples in an order of ours: buckets ascending, sum, count',
    verdict: 'same',
    check: types.samplesOfTwoProcesses,
  },
  {
    number: 20,
    python: 'the samples of one histogram child are adjacent',
    ours: 'the same, and the children are in the order of their labels',
    verdict: 'better',
    check: types.childrenStayTogether,
  },
  {
    number: 21,
    python: 'a part of the merged registry can be asked for by name',
    ours: 'one family can be asked for by name, and families can be put into registries of their own',
    verdict: 'same',
    check: types.oneFamilyAlone,
    alsoIn: ['limitations/limitations.test.ts', '1. registries are used as usual'],
  },
  {
    number: 22,
    python: 'the help texts are kept in the merged view',
    ours: 'the same, in processes too that have not defined the metric',
    verdict: 'same',
    check: types.helpIsKept,
  },
  {
    number: 23,
    python: 'merging can leave buckets as they are, not cumulative, so that the merge can be written to files again',
    ours: 'none: seats are taken over, so there are never files to be compacted, and nothing is merged to be written',
    verdict: 'does not apply',
  },
  {
    number: 24,
    python: 'files of live gauges that vanish during a scrape do not break it; those of other types do',
    ours: 'no file that vanishes breaks a scrape, nor does the loss of the directory',
    verdict: 'better',
    check: runs.filesThatVanish,
    alsoIn: [
      'processes/hostile-directory.test.ts',
      'continues with the others exact, at any length that a file was cut to',
    ],
  },
  {
    number: 25,
    python: 'remove and clear warn that they are not implemented here',
    ours: 'they work, from any process, on what all of them counted',
    verdict: 'better',
    check: runs.seriesCanBeRemoved,
    alsoIn: ['limitations/limitations.test.ts', '8. any process removes series of all'],
  },
  {
    number: 26,
    python: 'the children of a subclass get namespace, subsystem and unit in their names once',
    ours: 'the same for prefix and unit',
    verdict: 'same',
    check: types.namesOfSubclassesAreBuiltOnce,
  },
  {
    number: 27,
    python: 'the children of a subclass know the namespace, subsystem and unit of their parent',
    ours: 'the same, and the unit is shown',
    verdict: 'better',
    check: types.childrenKnowTheirFamily,
  },
  {
    number: 28,
    python: 'values and times are there again when a file is opened again',
    ours: 'the process that takes over the seat of a dead one continues from its values and times',
    verdict: 'same',
    check: runs.aProcessThatComesBack,
    alsoIn: ['processes/kill.test.ts', 'loses nothing that it acknowledged'],
  },
  {
    number: 29,
    python: 'one key may be larger than the file was at first',
    ours: 'the same',
    verdict: 'same',
    check: runs.aVeryLongKey,
  },
  {
    number: 30,
    python: 'after the file has doubled several times, earlier and later keys are whole and in order',
    ours: 'the same',
    verdict: 'same',
    check: runs.manySeries,
  },
  {
    number: 31,
    python: 'junk in a file is noticed, and ends the scrape with an error',
    ours: 'it is noticed and reported, in a metric as well, and the other processes are shown exactly',
    verdict: 'better',
    check: runs.junkInAFile,
    alsoIn: [
      'processes/hostile-directory.test.ts',
      'continues, and reports it, when something else has the name of a file',
    ],
  },
  {
    number: 32,
    python: 'a collector for which no directory was named is an error',
    ours: 'a process for which none was named needs none: it counts in memory, or finds that of its cluster',
    verdict: 'better',
    check: runs.noDirectoryNamed,
    alsoIn: ['processes/automatic.test.ts', 'a process alone makes no file and opens none'],
  },
  {
    number: 33,
    python: 'a collector for which the path of a file was named is an error',
    ours: 'it is reported, and the process counts alone; an error with strict',
    verdict: 'better',
    check: runs.pathOfAFile,
  },
]

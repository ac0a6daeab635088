// Executes the commands of a test; see stagehand.mjs for the verbs.
import { answer } from './stagehand.mjs'

answer()

// The same, with one import.
import 'promhive/register'
import './plain-cluster.mjs'

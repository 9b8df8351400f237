export {
  loadPromises,
  loadSamplePack,
  policyPackFile,
  SAMPLE_TENANTS,
  samplePackDir,
  type CataloguedPromise,
  type SampleTenant,
} from './sample-packs.js';

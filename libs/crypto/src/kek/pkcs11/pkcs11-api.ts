/**
 * What of pkcs11js is used. Declared here and not imported: the package is optional, and where its native code could not be
 * built it is not there, while everything else of Heed is built and runs.
 */
export type Handle = Buffer;

export interface Attribute {
  readonly type: number;
  readonly value?: number | boolean | string | Buffer;
}

export interface Mechanism {
  readonly mechanism: number;
  readonly parameter?: { readonly type: number; readonly iv: Buffer; readonly aad: Buffer; readonly ivBits: number; readonly tagBits: number };
}

export interface Pkcs11 {
  load(file: string): void;
  close(): void;
  C_Initialize(options: { readonly flags: number }): void;
  C_Finalize(): void;
  C_GetSlotList(withToken: boolean): Handle[];
  C_GetTokenInfo(slot: Handle): { readonly label: string; readonly manufacturerID: string; readonly model: string; readonly serialNumber: string };
  C_OpenSession(slot: Handle, flags: number): Handle;
  C_CloseSession(session: Handle): void;
  C_Login(session: Handle, user: number, pin: string): void;
  C_FindObjectsInit(session: Handle, template: readonly Attribute[]): void;
  C_FindObjects(session: Handle, most: number): Handle[];
  C_FindObjectsFinal(session: Handle): void;
  C_GetAttributeValue(session: Handle, object: Handle, template: readonly Attribute[]): Attribute[];
  C_GenerateKey(session: Handle, mechanism: Mechanism, template: readonly Attribute[]): Handle;
  C_DestroyObject(session: Handle, object: Handle): void;
  C_EncryptInit(session: Handle, mechanism: Mechanism, key: Handle): void;
  C_Encrypt(session: Handle, input: Buffer, output: Buffer): Buffer;
  C_DecryptInit(session: Handle, mechanism: Mechanism, key: Handle): void;
  C_Decrypt(session: Handle, input: Buffer, output: Buffer): Buffer;
}

type Constant =
  | 'CKF_OS_LOCKING_OK' | 'CKF_SERIAL_SESSION' | 'CKF_RW_SESSION' | 'CKU_USER' | 'CKO_SECRET_KEY' | 'CKM_AES_KEY_GEN' | 'CKM_AES_GCM' | 'CK_PARAMS_AES_GCM'
  | 'CKA_CLASS' | 'CKA_LABEL' | 'CKA_ID' | 'CKA_VALUE_LEN' | 'CKA_TOKEN' | 'CKA_PRIVATE' | 'CKA_SENSITIVE' | 'CKA_EXTRACTABLE' | 'CKA_MODIFIABLE'
  | 'CKA_ENCRYPT' | 'CKA_DECRYPT' | 'CKA_WRAP' | 'CKA_UNWRAP';

export type Library = Readonly<Record<Constant, number>> & { readonly PKCS11: new () => Pkcs11 };

// Attributes, names of datatypes, and infos.
// The notation: see ../function.ts.

import type { Chapter } from '../function.ts';

export const ATTRIBUTE_FUNCTIONS = {
  MPI_Comm_create_keyval: [
    'fn Comm_copy_attr_function comm_copy_attr_fn, fn Comm_delete_attr_function comm_delete_attr_fn, out int comm_keyval, extra_state',
    'Makes a key for attributes of communicators.',
  ],
  MPI_Comm_free_keyval: ['out int comm_keyval', 'Frees a key for attributes of communicators.'],
  MPI_Comm_set_attr: ['comm, int comm_keyval, address attribute_val', 'Sets an attribute of a communicator.'],
  MPI_Comm_get_attr: ['comm, int comm_keyval, out attribute_val, flag', 'Gives an attribute of a communicator.'],
  MPI_Comm_delete_attr: ['comm, int comm_keyval', 'Deletes an attribute of a communicator.'],
  MPI_Type_create_keyval: [
    'fn Type_copy_attr_function type_copy_attr_fn, fn Type_delete_attr_function type_delete_attr_fn, out int type_keyval, extra_state',
    'Makes a key for attributes of datatypes.',
  ],
  MPI_Type_free_keyval: ['out int type_keyval', 'Frees a key for attributes of datatypes.'],
  MPI_Type_set_attr: ['datatype, int type_keyval, address attribute_val', 'Sets an attribute of a datatype.'],
  MPI_Type_get_attr: ['datatype, int type_keyval, out attribute_val, flag', 'Gives an attribute of a datatype.'],
  MPI_Type_delete_attr: ['datatype, int type_keyval', 'Deletes an attribute of a datatype.'],
  MPI_Type_set_name: ['datatype, in char type_name', 'Names a datatype.'],
  MPI_Type_get_name: ['datatype, out char type_name, out int resultlen', 'Tells the name of a datatype.'],
  MPI_Keyval_create: [
    'fn Copy_function copy_fn, fn Delete_function delete_fn, out int keyval, extra_state',
    'Makes a key for attributes of communicators, by its name before MPI 2.',
  ],
  MPI_Keyval_free: ['out int keyval', 'Frees a key, by its name before MPI 2.'],
  MPI_Attr_put: [
    'comm, int keyval, address attribute_val',
    'Sets an attribute of a communicator, by its name before MPI 2.',
  ],
  MPI_Attr_get: [
    'comm, int keyval, out attribute_val, flag',
    'Gives an attribute of a communicator, by its name before MPI 2.',
  ],
  MPI_Attr_delete: ['comm, int keyval', 'Deletes an attribute of a communicator, by its name before MPI 2.'],
  MPI_Info_create: ['out Info info', 'Makes an empty info.'],
  MPI_Info_create_env: ['int argc, in strings argv, out Info info', 'Makes an info of what MPI_INFO_ENV holds.'],
  MPI_Info_dup: ['info, out Info newinfo', 'Makes a copy of an info.'],
  MPI_Info_free: ['out Info info', 'Frees an info.'],
  MPI_Info_set: ['info, in char key, in char value', 'Sets the value of a key of an info.'],
  MPI_Info_delete: ['info, in char key', 'Deletes a key of an info.'],
  MPI_Info_get: [
    'info, in char key, int valuelen, out char value, flag',
    'Gives the value of a key, of a length at most.',
  ],
  MPI_Info_get_string: [
    'info, in char key, out int buflen, out char value, flag',
    'Gives the value of a key, and how long it is.',
  ],
  MPI_Info_get_valuelen: ['info, in char key, out int valuelen, flag', 'Tells how long the value of a key is.'],
  MPI_Info_get_nkeys: ['info, out int nkeys', 'Tells how many keys an info has.'],
  MPI_Info_get_nthkey: ['info, n, out char key', 'Gives a key of an info by its position.'],
} as const satisfies Chapter;

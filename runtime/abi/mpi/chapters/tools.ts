// The interface for tools. Its functions give MPI_T_ERR_… and call no error handler.
// The notation: see ../function.ts.

import type { Chapter } from '../function.ts';

export const TOOL_FUNCTIONS = {
  MPI_T_init_thread: ['int required, out int provided', 'Starts the interface for tools.'],
  MPI_T_finalize: ['', 'Ends the interface for tools.'],
  MPI_T_enum_get_info: [
    'T_enum enumtype, out int num, out char name, out int name_len',
    'Tells name and length of an enumeration.',
  ],
  MPI_T_enum_get_item: [
    'T_enum enumtype, int indx, out int value, out char name, out int name_len',
    'Tells a value of an enumeration.',
  ],
  MPI_T_cvar_get_num: ['out int num_cvar', 'Tells how many control variables there are.'],
  MPI_T_cvar_get_info: [
    'int cvar_index, out char name, out int name_len, out int verbosity, out Datatype datatype, out T_enum enumtype, out char desc, out int desc_len, out int bind, out int scope',
    'Describes a control variable.',
  ],
  MPI_T_cvar_get_index: ['in char name, out int cvar_index', 'Tells which control variable has a name.'],
  MPI_T_cvar_handle_alloc: [
    'int cvar_index, address obj_handle, out T_cvar_handle handle, out int count',
    'Gives a handle of a control variable.',
  ],
  MPI_T_cvar_handle_free: ['out T_cvar_handle handle', 'Frees the handle of a control variable.'],
  MPI_T_cvar_read: ['T_cvar_handle handle, out buf', 'Reads a control variable.'],
  MPI_T_cvar_write: ['T_cvar_handle handle, in buf', 'Sets a control variable.'],
  MPI_T_pvar_get_num: ['out int num_pvar', 'Tells how many performance variables there are.'],
  MPI_T_pvar_get_info: [
    'int pvar_index, out char name, out int name_len, out int verbosity, out int var_class, out Datatype datatype, out T_enum enumtype, out char desc, out int desc_len, out int bind, out int readonly, out int continuous, out int atomic',
    'Describes a performance variable.',
  ],
  MPI_T_pvar_get_index: [
    'in char name, int var_class, out int pvar_index',
    'Tells which performance variable has a name.',
  ],
  MPI_T_pvar_session_create: [
    'out T_pvar_session session',
    'Makes a session in which performance variables are measured.',
  ],
  MPI_T_pvar_session_free: ['out T_pvar_session session', 'Frees a session of performance variables.'],
  MPI_T_pvar_handle_alloc: [
    'T_pvar_session session, int pvar_index, address obj_handle, out T_pvar_handle handle, out int count',
    'Gives a handle of a performance variable.',
  ],
  MPI_T_pvar_handle_free: [
    'T_pvar_session session, out T_pvar_handle handle',
    'Frees the handle of a performance variable.',
  ],
  MPI_T_pvar_start: ['T_pvar_session session, T_pvar_handle handle', 'Starts to measure a performance variable.'],
  MPI_T_pvar_stop: ['T_pvar_session session, T_pvar_handle handle', 'Stops to measure a performance variable.'],
  MPI_T_pvar_read: ['T_pvar_session session, T_pvar_handle handle, out buf', 'Reads a performance variable.'],
  MPI_T_pvar_write: ['T_pvar_session session, T_pvar_handle handle, in buf', 'Sets a performance variable.'],
  MPI_T_pvar_reset: [
    'T_pvar_session session, T_pvar_handle handle',
    'Sets a performance variable to what it began with.',
  ],
  MPI_T_pvar_readreset: [
    'T_pvar_session session, T_pvar_handle handle, out buf',
    'Reads a performance variable, then sets it to what it began with.',
  ],
  MPI_T_category_get_num: ['out int num_cat', 'Tells how many categories there are.'],
  MPI_T_category_get_info: [
    'int cat_index, out char name, out int name_len, out char desc, out int desc_len, out int num_cvars, out int num_pvars, out int num_categories',
    'Describes a category.',
  ],
  MPI_T_category_get_num_events: ['int cat_index, out int num_events', 'Tells how many events a category has.'],
  MPI_T_category_get_index: ['in char name, out int cat_index', 'Tells which category has a name.'],
  MPI_T_category_get_cvars: ['int cat_index, int len, out int[] indices', 'Gives the control variables of a category.'],
  MPI_T_category_get_pvars: [
    'int cat_index, int len, out int[] indices',
    'Gives the performance variables of a category.',
  ],
  MPI_T_category_get_events: ['int cat_index, int len, out int[] indices', 'Gives the events of a category.'],
  MPI_T_category_get_categories: ['int cat_index, int len, out int[] indices', 'Gives the categories in a category.'],
  MPI_T_category_changed: ['out int update_number', 'Tells how often categories have changed.'],
  MPI_T_source_get_num: ['out int num_sources', 'Tells how many sources of events there are.'],
  MPI_T_source_get_info: [
    'int source_index, out char name, out int name_len, out char desc, out int desc_len, out T_source_order ordering, out Count ticks_per_second, out Count max_ticks, out Info info',
    'Describes a source of events.',
  ],
  MPI_T_source_get_timestamp: ['int source_index, out Count timestamp', 'Gives the time of a source of events.'],
  MPI_T_event_get_num: ['out int num_events', 'Tells how many events there are.'],
  MPI_T_event_get_info: [
    'int event_index, out char name, out int name_len, out int verbosity, out Datatype[] array_of_datatypes, out Aint[] array_of_displacements, out int num_elements, out T_enum enumtype, out Info info, out char desc, out int desc_len, out int bind',
    'Describes an event.',
  ],
  MPI_T_event_get_index: ['in char name, out int event_index', 'Tells which event has a name.'],
  MPI_T_event_handle_alloc: [
    'int event_index, address obj_handle, info, out T_event_registration event_registration',
    'Registers for an event.',
  ],
  MPI_T_event_handle_free: [
    'T_event_registration event_registration, user_data, fn T_event_free_cb_function free_cb_function',
    'Ends a registration for an event.',
  ],
  MPI_T_event_handle_set_info: ['T_event_registration event_registration, info', 'Sets hints for a registration.'],
  MPI_T_event_handle_get_info: [
    'T_event_registration event_registration, info_used',
    'Gives the hints of a registration.',
  ],
  MPI_T_event_register_callback: [
    'T_event_registration event_registration, T_cb_safety cb_safety, info, user_data, fn T_event_cb_function event_cb_function',
    'Sets the function that is told an event.',
  ],
  MPI_T_event_callback_set_info: [
    'T_event_registration event_registration, T_cb_safety cb_safety, info',
    'Sets hints for a function that is told an event.',
  ],
  MPI_T_event_callback_get_info: [
    'T_event_registration event_registration, T_cb_safety cb_safety, info_used',
    'Gives the hints of a function that is told an event.',
  ],
  MPI_T_event_set_dropped_handler: [
    'T_event_registration event_registration, fn T_event_dropped_cb_function dropped_cb_function',
    'Sets the function that is told of lost events.',
  ],
  MPI_T_event_read: ['T_event_instance event_instance, int element_index, out buffer', 'Gives an element of an event.'],
  MPI_T_event_copy: ['T_event_instance event_instance, out buffer', 'Gives all of an event.'],
  MPI_T_event_get_timestamp: [
    'T_event_instance event_instance, out Count event_timestamp',
    'Gives the time of an event.',
  ],
  MPI_T_event_get_source: ['T_event_instance event_instance, out int source_index', 'Tells the source of an event.'],
} as const satisfies Chapter;

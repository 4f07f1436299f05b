{#- The part that a row has of its group: of the words, or of the documents where nothing has any words. -#}
{% macro share_of(words, documents, within) -%}
    coalesce(
        {{ words }} / nullif(sum({{ words }}) over (partition by {{ within }}), 0)::double,
        {{ documents }} / nullif(sum({{ documents }}) over (partition by {{ within }}), 0)::double
    )
{%- endmacro %}
